package dotenv

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "update the golden files")

// TestGolden parses each seed in both dialects and compares the result with its golden file.
func TestGolden(t *testing.T) {
	for _, name := range seeds {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, format := range []Format{Dotenv, Docker} {
				fmt.Fprintf(&b, "-- %s --\n", format)
				vars, err := Parse(readSeed(t, name), Options{
					File: name, Format: format, Lookup: environ,
					Skipped: func(f Fault) { fmt.Fprintln(&b, f) },
				})
				for _, v := range vars {
					fmt.Fprintf(&b, "%d:%d %q=%q\n", v.Line, v.Column, v.Name, v.Value)
				}
				if err != nil {
					fmt.Fprintln(&b, err)
				}
			}
			golden := filepath.Join("testdata", "seeds", strings.TrimSuffix(name, ".dotenv")+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", b.String(), want)
			}
		})
	}
}
