package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
)

func configSeeds(t testing.TB) map[string][]byte {
	t.Helper()
	paths, _ := filepath.Glob("testdata/configs/*.yaml")
	if len(paths) < 5 {
		t.Fatalf("%d seeds; they are gone", len(paths))
	}
	seeds := map[string][]byte{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		seeds[filepath.Base(p)] = data
	}
	return seeds
}

func TestParseConfig(t *testing.T) {
	seeds := configSeeds(t)
	full, err := parseConfig("full.yaml", seeds["full.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	if len(full.sources) != 6 || len(full.settings) != 4 {
		t.Errorf("%d sources and %d settings", len(full.sources), len(full.settings))
	}
	shared, err := parseConfig("shared.yaml", seeds["shared.yaml"])
	if err != nil || len(shared.sources) != 2 {
		t.Errorf("an alias of a whole entry: %v", err)
	}
	for _, name := range []string{"alias.yaml", "two.yaml", "odd.yaml"} {
		if _, err := parseConfig(name, seeds[name]); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if c, err := parseConfig("empty", nil); err != nil || len(c.sources) != 0 {
		t.Errorf("an empty file: %v", err)
	}
}

// FuzzParseConfig looks for a panic, and for a scalar of the file in an error.
func FuzzParseConfig(f *testing.F) {
	for _, data := range configSeeds(f) {
		f.Add(string(data), "c4nary")
	}
	f.Fuzz(func(t *testing.T, data, value string) {
		if _, err := parseConfig("x.yaml", []byte(data)); err != nil {
			for _, fault := range resolve.Faults(err) {
				if !strings.HasPrefix(fault.Error(), "x.yaml") {
					t.Fatalf("a fault without its place: %v", fault)
				}
			}
		}
		const canary = "c4nary-value"
		_, err := parseConfig("x.yaml", []byte("secrets:\n- dict: {K: "+canary+"}\n"+data))
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Fatalf("the error holds a value: %v", err)
		}
	})
}
