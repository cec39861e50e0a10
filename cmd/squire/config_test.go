package main

import (
	"fmt"
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

// parseTestConfig knows the fields of a real command.
func parseTestConfig(path string, data []byte) (*configFile, error) {
	s := &session{}
	cmd, _, err := s.rootCommand([]string{"run"}, nil).Find([]string{"run"})
	if err != nil {
		return nil, err
	}
	return parseConfig(path, data, s.settings.fileFlag(cmd.Flags()))
}

func TestParseConfig(t *testing.T) {
	seeds := configSeeds(t)
	full, err := parseTestConfig("full.yaml", seeds["full.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	if len(full.sources) != 6 || len(full.settings) != 4 {
		t.Errorf("%d sources and %d settings", len(full.sources), len(full.settings))
	}
	scalar, err := parseTestConfig("scalar.yaml", seeds["scalar.yaml"])
	if err != nil || len(scalar.sources) != 1 {
		t.Errorf("an alias of a scalar: %v", err)
	}
	for _, name := range []string{"shared.yaml", "alias.yaml", "two.yaml", "odd.yaml"} {
		if _, err := parseTestConfig(name, seeds[name]); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if c, err := parseTestConfig("empty", nil); err != nil || len(c.sources) != 0 {
		t.Errorf("an empty file: %v", err)
	}
}

// A file within its size that names a thousand times its size must not be
// written out in memory.
func TestAliasesDoNotMultiply(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("secrets:\n- &a {dict: {")
	for i := range 10_000 {
		fmt.Fprintf(&bomb, "K%d: v,", i)
	}
	bomb.WriteString("}}\n" + strings.Repeat("- *a\n", 50_000))
	_, err := parseTestConfig("bomb.yaml", []byte(bomb.String()))
	if n := len(resolve.Faults(err)); n != maxFaults+1 {
		t.Errorf("%d faults, want %d and a count: %.200v", n, maxFaults, err)
	}
}

// FuzzParseConfig looks for a panic, and for a scalar of the file in an error.
func FuzzParseConfig(f *testing.F) {
	for _, data := range configSeeds(f) {
		f.Add(string(data), "c4nary")
	}
	f.Fuzz(func(t *testing.T, data, value string) {
		if _, err := parseTestConfig("x.yaml", []byte(data)); err != nil {
			for _, fault := range resolve.Faults(err) {
				if !strings.HasPrefix(fault.Error(), "x.yaml") {
					t.Fatalf("a fault without its place: %v", fault)
				}
			}
		}
		const canary = "c4nary-value"
		_, err := parseTestConfig("x.yaml", []byte("secrets:\n- dict: {K: "+canary+"}\n"+data))
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Fatalf("the error holds a value: %v", err)
		}
	})
}
