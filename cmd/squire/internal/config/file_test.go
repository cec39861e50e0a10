package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
)

// command has all flags of this package, and one of its own that is in files.
func command(c *Config) *cobra.Command {
	cmd := &cobra.Command{Use: "run", RunE: func(*cobra.Command, []string) error { return nil }}
	c.GlobalFlags(cmd.Flags())
	c.SourceFlags(cmd.Flags())
	c.Commands = func() *cobra.Command { return &cobra.Command{} }
	c.flags = cmd.Flags()
	return cmd
}

// parseFile reads a file as one that was named.
func parseFile(path, text, environment string) (*file, error) {
	c := &Config{}
	command(c)
	return parse(&file{path: path, named: true}, []byte(text), environment, c)
}

func seeds(t testing.TB) map[string]string {
	t.Helper()
	paths, _ := filepath.Glob("testdata/*.yaml")
	if len(paths) < 5 {
		t.Fatalf("%d seeds are left", len(paths))
	}
	all := map[string]string{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(p)] = string(data)
	}
	return all
}

func TestParse(t *testing.T) {
	seeds := seeds(t)
	full, err := parseFile("full.yaml", seeds["full.yaml"], "")
	if err != nil {
		t.Fatal(err)
	}
	if len(full.sources) != 6 || len(full.settings) != 4 {
		t.Errorf("%d sources and %d settings", len(full.sources), len(full.settings))
	}
	scalar, err := parseFile("scalar.yaml", seeds["scalar.yaml"], "")
	if err != nil || len(scalar.sources) != 1 {
		t.Errorf("an alias of a scalar: %v", err)
	}
	for _, name := range []string{"shared.yaml", "alias.yaml", "two.yaml", "odd.yaml"} {
		if _, err := parseFile(name, seeds[name], ""); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if f, err := parseFile("empty", "", ""); err != nil || len(f.sources) != 0 {
		t.Errorf("an empty file: %v", err)
	}
}

func TestSources(t *testing.T) {
	text := func(s string) *resolve.Value { v := resolve.NewValue(s); return &v }
	f, err := parseFile("dir/squire.yaml", `environment: prod
ca_cert: "{environment}.pem"
secrets:
- {name: "db-{environment}:A", environment: eu, required_keys: [B], only: [C], rename: {C: D}, prefix: P_, optional: true}
- {name: "db#A=B"}
- {dict: {K: 007, N: null}, only: [K], prefix: P_}
- {local_environ: [HOME], rename: {HOME: H}, optional: true}
- {env_file: "{environment}/{other}.env", optional: true}
- {dotenv: .., filename: ".env-{environment}"}
- {dotenv: /abs, on_change: "exec:x"}
`, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.sources {
		if want := fmt.Sprintf("dir/squire.yaml:%d", i+4); f.sources[i].From != want {
			t.Errorf("from %s, want %s", f.sources[i].From, want)
		}
		f.sources[i].From = ""
	}
	if f.sources[6].OnChange == nil {
		t.Error("no on_change")
	}
	f.sources[6].OnChange = nil
	want := []plan.Source{
		{Kind: plan.Named, Ref: resolve.Ref{Path: "eu/db-prod", RequiredKeys: []string{"A", "B"}, Optional: true,
			Selection: resolve.Selection{Only: []string{"C"}, Rename: map[string]string{"C": "D"}, Prefix: "P_"}}},
		{Kind: plan.Named, Ref: resolve.Ref{Path: "db", Selection: resolve.Selection{Only: []string{"A"}, Rename: map[string]string{"A": "B"}}}},
		{Kind: plan.Dict, Dict: map[string]*resolve.Value{"K": text("007"), "N": nil}, Selection: resolve.Selection{Only: []string{"K"}, Prefix: "P_"}},
		{Kind: plan.LocalEnviron, Names: []string{"HOME"}, Selection: resolve.Selection{Rename: map[string]string{"HOME": "H"}}, Optional: true},
		{Kind: plan.Dotenv, Path: "dir/prod/{other}.env", Optional: true},
		{Kind: plan.Dotenv, Path: ".", Search: ".env-prod"},
		{Kind: plan.Dotenv, Path: "/abs", Search: defaultSearch},
	}
	if d := cmp.Diff(want, f.sources, cmp.Comparer(func(a, b resolve.Value) bool { return a.Reveal() == b.Reveal() })); d != "" {
		t.Error(d)
	}
	if got := f.settings[1].text; got != "dir/prod.pem" {
		t.Errorf("ca_cert is %s", got)
	}
}

// Each line of a faulty file is one fault, which holds nothing of its values.
func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"hunter2":                      "x:1: want fields, such as environment: prod",
		"enviroment: hunter2":          `x:1: unknown field "enviroment"`,
		"hunter2: x":                   "x:1: unknown field",
		"clean: true\nclean: hunter2":  `x:2: duplicate field "clean"`,
		"? [a]\n: b":                   "x:2: not valid YAML",
		"a: *hunter2":                  "x:1: not valid YAML",
		"secrets: hunter2":             "x:1: secrets: want a list",
		"secrets: [hunter2]":           "x:1: want one of name, dict, local_environ, dotenv, env_file",
		"secrets: [{}]":                "x:1: want one of name, dict, local_environ, dotenv, env_file",
		"secrets: [{name: [hunter2]}]": "x:1: want text",
		"secrets: [{name: db, dict: {A: hunter2}}]": "x:1: name and dict do not go together: each is an entry of its own",
		"secrets: [{nmae: hunter2}]":                `x:1: unknown field "nmae"; did you mean name?`,
		"secrets: [{env_fiel: hunter2}]":            `x:1: unknown field "env_fiel"; did you mean env_file?`,
		"secrets: [{name: db, keys: [hunter2]}]":    `x:1: unknown field "keys"`,
		"secrets: [{name: db, optional: hunter2}]":  "x:1: optional: want true or false",
		"secrets: [{name: 'A=hunter2'}]":            "x:1: name: invalid reference to a secret: the path contains = or a control character",
		"secrets: [{name: 'db#A', only: [B]}]":      "x:1: only: the name selects its keys already, after #",
		"secrets: [{name: 'vault://kv/app', environment: eu}]": "x:1: environment: the name has a scheme, and is not in an environment of squire\n" +
			`x:1: invalid reference to a secret: unknown scheme "vault": none is known`,
		"secrets: [{dict: hunter2}]":                          "x:1: dict: want KEY: VALUE pairs",
		"clean: [hunter2, b]":                                 `x:1: want text`,
		"secrets: [{dict: {'u:hunter2': [a]}}]":               `x:1: dict: want text for (not shown: an unusual name)`,
		"secrets: [{dict: {K: [hunter2]}}]":                   `x:1: dict: want text for "K"`,
		"secrets: [{dict: {K: a, K: hunter2}}]":               `x:1: dict: duplicate field "K"`,
		"secrets: [{dict: {K: hunter2}, dict: {A: b}}]":       `x:1: duplicate field "dict"`,
		"secrets: [{dict: {'A=hunter2': b}}]":                 "x:1: dict: want the name of a variable, without = and NUL",
		"secrets: [{dict: {K: a}, rename: {K: 'A=hunter2'}}]": "x:1: rename: want KEY: NAME pairs",
		"secrets: [{dict: {K: a}, rename: [hunter2]}]":        "x:1: rename: want KEY: VALUE pairs",
		"secrets: [{dict: {K: a}, prefix: 'hunter2='}]":       "x:1: prefix: want the beginning of names, without =",
		"secrets: [{dict: {K: a}, only: hunter2}]":            "x:1: only: want a list",
		"secrets: [{local_environ: ['A=hunter2']}]":           "x:1: local_environ: want names, without =",
		"secrets: [{dotenv: ''}]":                             "x:1: dotenv: want the folder where the search starts, and filename: a name without folders",
		"secrets: [{dotenv: ., filename: hunter2/x}]":         "x:1: dotenv: want the folder where the search starts, and filename: a name without folders",
		"secrets: [{env_file: ''}]":                           "x:1: env_file: want the path of a .env file",
		"secrets: [{env_file: a, on_change: hunter2}]":        "x:1: on_change: want restart, signal:NAME, exit, exec:COMMAND or none",
		"clean: {a: hunter2}":                                 "x:1: want text",
		"secrets: [&a {dict: {A: hunter2}}, *a]":              "x:1: want one of name, dict, local_environ, dotenv, env_file",
		"timeout: &a hunter2\n*a : x":                         "x:2: want the name of a field",
	} {
		_, err := parseFile("x", text, "")
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// A file within its size that names a thousand times its size must not become so
// large in memory.
func TestAliasesDoNotMultiply(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("secrets:\n- &a {dict: {")
	for i := range 10_000 {
		fmt.Fprintf(&bomb, "K%d: v,", i)
	}
	bomb.WriteString("}}\n" + strings.Repeat("- *a\n", 990))
	_, err := parseFile("bomb.yaml", bomb.String(), "")
	if n := len(resolve.Faults(err)); n != maxFaults+1 {
		t.Errorf("%d faults, want %d and a count: %.200v", n, maxFaults, err)
	}
}

// Each field of a setting is that of a flag with the mark, and no other.
func TestFileFlag(t *testing.T) {
	c := &Config{}
	command(c)
	c.Commands = func() *cobra.Command {
		cmd := &cobra.Command{}
		f := &pflag.Flag{Name: "on-a-whim", Annotations: map[string][]string{"squire_in_file": nil}}
		cmd.Flags().AddFlag(f)
		return cmd
	}
	for field, want := range map[string]bool{"clean": true, "ca_cert": true, "ca-cert": false, "on_a_whim": true,
		"config": false, "secret": false, "token_file": false, "insecure_http": false, "offline": false, "keep_credentials": false, "help": false, "": false} {
		if got := c.fileFlag(field) != nil; got != want {
			t.Errorf("%q is a field: %t, want %t", field, got, want)
		}
	}
}

// FuzzParse looks for a panic, for a fault without its place, and for a scalar of
// the file in an error.
func FuzzParse(f *testing.F) {
	for _, text := range seeds(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := parseFile("x.yaml", text, "")
		for _, fault := range resolve.Faults(err) {
			if !strings.HasPrefix(fault.Error(), "x.yaml") {
				t.Fatalf("a fault without its place: %v", fault)
			}
		}
		const canary = "c4nary-value"
		_, err = parseFile("x.yaml", "secrets:\n- dict: {K: "+canary+"}\n"+text, "")
		if err != nil && strings.Contains(err.Error(), canary) && !strings.Contains(text, canary) {
			t.Fatalf("the error holds a value: %v", err)
		}
	})
}
