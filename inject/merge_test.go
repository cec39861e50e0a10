package inject

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
)

func v(name, value string) resolve.Var {
	return resolve.Var{Name: name, Value: resolve.NewValue(value)}
}

func layer(source string, vars ...resolve.Var) resolve.Layer {
	return resolve.Layer{Source: source, Vars: vars}
}

func remote(source string, vars ...resolve.Var) resolve.Layer {
	return resolve.Layer{Source: source, Remote: true, Vars: vars}
}

func merge(t *testing.T, inherited []string, layers []resolve.Layer, o Options) *Environment {
	t.Helper()
	e, err := Merge(inherited, layers, o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestPrecedence is the golden table: who wins X when the sources of the first
// column set it, under each option. The sources stand in their order.
func TestPrecedence(t *testing.T) {
	const golden = `
sources                      default    preserve-env  preserve-env=X  preserve-env=Y  clean    error          keep       keep+preserve  unset   unset+preserve
inherited                    inherited  inherited     inherited       inherited       -        inherited      inherited  inherited      -       -
dict                         dict       dict          dict            dict            dict     dict           dict       dict           dict    dict
inherited,dict               dict       inherited     inherited       dict            dict     dict           dict       inherited      dict    dict
inherited,named              named      inherited     inherited       named           named    named          named      inherited      named   named
dict,dotenv                  dotenv     dotenv        dotenv          dotenv          dotenv   dict/dotenv    dict       dict           dotenv  dotenv
dotenv,named                 named      named         named           named           named    dotenv/named   dotenv     dotenv         named   named
named,dotenv                 dotenv     dotenv        dotenv          dotenv          dotenv   named/dotenv   named      named          dotenv  dotenv
inherited,dict,dotenv        dotenv     inherited     inherited       dotenv          dotenv   dict/dotenv    dict       inherited      dotenv  dotenv
inherited,dict,dotenv,named  named      inherited     inherited       named           named    dict/dotenv    dict       inherited      named   named
`
	options := []struct {
		name string
		Options
	}{
		{"default", Options{}},
		{"preserve-env", Options{PreserveAll: true}},
		{"preserve-env=X", Options{Preserve: []string{"X"}}},
		{"preserve-env=Y", Options{Preserve: []string{"Y"}}},
		{"clean", Options{Clean: true}},
		{"error", Options{OnConflict: Fail}},
		{"keep", Options{OnConflict: Keep}},
		{"keep+preserve", Options{OnConflict: Keep, PreserveAll: true}},
		{"unset", Options{Unset: []string{"X"}}},
		{"unset+preserve", Options{Unset: []string{"X"}, PreserveAll: true}},
	}
	lines := strings.Split(strings.TrimSpace(golden), "\n")
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		var inherited []string
		var layers []resolve.Layer
		for _, source := range strings.Split(cells[0], ",") {
			if source == Inherited {
				inherited = []string{"X=" + source}
				continue
			}
			layers = append(layers, resolve.Layer{Source: source, Remote: source == "named", Vars: []resolve.Var{v("X", source)}})
		}
		for i, o := range options {
			got := "-"
			e, err := Merge(inherited, layers, o.Options)
			switch {
			case err != nil:
				_, got, _ = strings.Cut(strings.Split(err.Error(), "\n")[0], "set by both ")
				got = strings.ReplaceAll(got, " and ", "/")
			case e.Len() > 0:
				x, _ := lookup(e, "X")
				got = x.Source
				if x.Value.Reveal() != x.Source {
					t.Errorf("%s, %s: the value is not that of the source %s", cells[0], o.name, x.Source)
				}
			}
			if got != cells[i+1] {
				t.Errorf("%s, %s: %s wins, want %s", cells[0], o.name, got, cells[i+1])
			}
		}
	}
}

func TestOrderAndBytes(t *testing.T) {
	inherited := []string{"A=1", "no equals sign", "B=2", "=C:=C:\\x", "EMPTY=", "A=second", "RAW=\xff\xfe\n=", "no equals sign", "a b=c", "="}
	e := merge(t, inherited, []resolve.Layer{
		layer("one", v("NEW2", "n2"), v("B", "two"), v("NEW1", "n1")),
		layer("two", v("NEW0", ""), v("NEW1", "again")),
	}, Options{})
	want := []string{"A=1", "no equals sign", "B=two", "=C:=C:\\x", "EMPTY=", "RAW=\xff\xfe\n=", "no equals sign", "a b=c", "=", "NEW2=n2", "NEW1=again", "NEW0="}
	if d := cmp.Diff(want, e.Environ()); d != "" {
		t.Error(d)
	}
	environ := e.Environ()
	environ[0] = "spoilt"
	if e.Environ()[0] != "A=1" {
		t.Error("Environ is not the caller's own")
	}
}

func TestProvenance(t *testing.T) {
	e := merge(t, []string{"X=0", "Y=0"}, []resolve.Layer{
		layer(".env", resolve.Var{Name: "X", Value: resolve.NewValue("1"), Where: resolve.Place{File: ".env", Line: 1, Column: 1}}, resolve.Var{Name: "X", Value: resolve.NewValue("2"), Where: resolve.Place{File: ".env", Line: 2, Column: 1}}),
		layer("--env", v("X", "3")),
		layer("--env", v("X", "4")),
		layer("db", v("Y", "5")),
	}, Options{Preserve: []string{"Y"}})
	type row struct {
		Name, Source, Where string
		Overrides           []string
	}
	var got []row
	for _, x := range e.Vars() {
		got = append(got, row{x.Name, x.Source, x.Where.String(), x.Overrides})
	}
	want := []row{
		{"X", "--env", "", []string{"inherited", ".env", "--env"}},
		{"Y", "inherited", "", []string{"db"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, ok := lookup(e, "Z"); ok {
		t.Error("Z is found")
	}
	if x, _ := lookup(e, "X"); x.Value.Reveal() != "4" {
		t.Error("X has another value than Environ")
	}
}

func TestFaults(t *testing.T) {
	at := func(line int, name, value string) resolve.Var {
		return resolve.Var{Name: name, Value: resolve.NewValue(value), Where: resolve.Place{File: ".env", Line: line, Column: 1}}
	}
	tests := []struct {
		name   string
		layers []resolve.Layer
		o      Options
		want   string
		hint   string
	}{
		{name: "empty name", layers: []resolve.Layer{layer("db", v("OK", ""), v("", "x"))}, want: "db: variable 2: the name is empty"},
		{name: "= in the name, with its place", layers: []resolve.Layer{layer("/app/.env", at(3, "A=secret", "x"))},
			want: "/app/.env (.env:3:1): the name holds =, which no environment can (not shown)"},
		{name: "NUL in the name", layers: []resolve.Layer{layer(".env", at(2, "A\x00secret", "x"))},
			want: ".env:2:1: the name holds a NUL byte, which no environment can (not shown)"},
		{name: "NUL in the value", layers: []resolve.Layer{layer("db", v("CERT", "a\x00b"))},
			want: "the value of CERT from db holds a NUL byte, which no environment can", hint: "base64"},
		{name: "conflict", layers: []resolve.Layer{layer("a", v("X", "same")), layer("b", v("X", "same"))}, o: Options{OnConflict: Fail},
			want: "X is set by both a and b", hint: "--on-conflict=override"},
		{name: "one layer twice is none", layers: []resolve.Layer{layer("a", v("X", "1"), v("X", "2"))}, o: Options{OnConflict: Fail}},
		{name: "two layers of one name are", layers: []resolve.Layer{layer(".env", at(1, "X", "1")), layer(".env", at(2, "X", "2"))}, o: Options{OnConflict: Fail},
			want: "X is set by both .env:1:1 and .env:2:1"},
		{name: "conflict rule", o: Options{OnConflict: "first"}, want: `unknown conflict rule "first": want override, error or keep`},
		{name: "required", layers: []resolve.Layer{layer("a", v("EMPTY", ""))}, o: Options{Require: []string{"EMPTY", "HOME", "MISSING", "GONE"}},
			want: "MISSING is required, and no source sets it\nGONE is required, and no source sets it"},
		{name: "own credentials satisfy nothing", layers: []resolve.Layer{layer("a", v("SQUIRE_TOKEN", "x"))}, o: Options{Require: []string{"SQUIRE_TOKEN"}},
			want: "SQUIRE_TOKEN is required, and no source sets it"},
		{name: "dangerous", layers: []resolve.Layer{remote("secret main/db", v("LD_PRELOAD", "x.so"), v("OK", "1"), v("http_proxy", "x"))},
			want: "secret main/db may not set LD_PRELOAD: it steers the dynamic loader\nsecret main/db may not set http_proxy: it sends traffic through another host",
			hint: "if you trust the source with that: --allow-name LD_PRELOAD --allow-name http_proxy"},
		{name: "dangerous and overridden", layers: []resolve.Layer{remote("db", v("PATH", "x")), layer(".env", v("PATH", "/bin"))},
			want: "db may not set PATH: it decides which programs and start-up files are found"},
		{name: "allowed", layers: []resolve.Layer{remote("db", v("PATH", "x"), v("LD_PRELOAD", "y"))}, o: Options{AllowNames: []string{"PATH", "LD_PRELOAD"}}},
		{name: "local", layers: []resolve.Layer{layer(".env", v("PATH", "x"), v("LD_PRELOAD", "y"))}},
		{name: "a name with an escape", layers: []resolve.Layer{layer("a", v("X\n\x1b[2J", "1")), layer("b", v("X\n\x1b[2J", "2"))}, o: Options{OnConflict: Fail},
			want: `(not shown: an unusual name) is set by both a and b`},
		{name: "all of them at once", o: Options{Require: []string{"R"}}, layers: []resolve.Layer{remote("db", v("ENV", ""), v("", ""), v("V", "\x00"))},
			want: "db: variable 2: the name is empty\nthe value of V from db holds a NUL byte, which no environment can\nR is required, and no source sets it\ndb may not set ENV: it steers shells"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := Merge([]string{"HOME=/root"}, test.layers, test.o)
			if (err != nil) != (test.want != "") || (e == nil) != (err != nil) {
				t.Fatalf("error %v, environment %v", err, e)
			}
			if err == nil {
				return
			}
			if d := cmp.Diff(test.want, err.Error()); d != "" {
				t.Error(d)
			}
			if hint := resolve.Hint(err); !strings.Contains(hint, test.hint) {
				t.Errorf("hint: %q", hint)
			}
			if strings.Contains(err.Error(), "may not set") != errors.Is(err, ErrDangerous) {
				t.Error("ErrDangerous")
			}
		})
	}
}

// TestOwnCredentials tries every way in.
func TestOwnCredentials(t *testing.T) {
	own := []string{"SQUIRE_TOKEN", "SQUIRE_CACHE_KEY", "SQUIRE_MASTER_KEY", "SQUIRED_TOKEN", "SQUIRED_CACHE_KEY", "SQUIRED_MASTER_KEY", "SQUIRED_DATABASE_URL"}
	stay := []string{"SQUIRE_TOKEN_FILE=/run/token", "SQUIRE_ENVIRONMENT=prod", "SQUIRE=1", "NOT_SQUIRE_TOKEN=x", "no equals sign"}
	inherited := stay
	var vars []resolve.Var
	for _, name := range own {
		inherited = append(inherited, name+"=inherited", name+"=twice")
		vars = append(vars, v(name, "layer"))
	}
	if d := cmp.Diff(stay, Scrub(inherited)); d != "" {
		t.Error(d)
	}
	for _, o := range []Options{{}, {PreserveAll: true}, {Preserve: own, AllowNames: own}, {OnConflict: Keep, AllowNames: own}, {OnConflict: Fail, AllowNames: own}} {
		layers := []resolve.Layer{layer("a", vars...), layer("b", vars...)}
		if o.AllowNames != nil {
			layers = append(layers, remote("c", vars...))
		}
		if d := cmp.Diff(stay, merge(t, inherited, layers, o).Environ()); d != "" {
			t.Errorf("%+v: %s", o, d)
		}
	}
	for _, name := range own {
		kept := merge(t, []string{name + "=inherited"}, nil, Options{KeepCredentials: true}).Environ()
		if d := cmp.Diff([]string{name + "=inherited"}, kept); d != "" {
			t.Errorf("--keep-credentials: %s", d)
		}
	}
	if _, err := Merge(nil, []resolve.Layer{remote("c", vars...)}, Options{KeepCredentials: true}); err == nil {
		t.Error("--keep-credentials lets a named secret set squire's credentials")
	}
}

// TestNothingPrintsAValue tries the formatters on the environment and all that
// comes out of it but Environ.
func TestNothingPrintsAValue(t *testing.T) {
	e := merge(t, []string{"INHERITED=canary"}, []resolve.Layer{layer("a", v("X", "canary"))}, Options{})
	x, _ := lookup(e, "X")
	type hidden struct {
		e  Environment
		p  *Environment
		v  Var
		vs []Var
	}
	for _, it := range []any{e, *e, x, &x, e.Vars(), hidden{*e, e, x, e.Vars()}, &hidden{*e, e, x, e.Vars()}, []any{e, *e}, map[string]any{"e": *e}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p", "%z"} {
			if text := fmt.Sprintf(verb, it); strings.Contains(text, "canary") || strings.Contains(text, "63616e617279") {
				t.Errorf("%s of %T: %s", verb, it, text)
			}
		}
	}
}

func lookup(e *Environment, name string) (Var, bool) {
	vars := e.Vars()
	if i := slices.IndexFunc(vars, func(v Var) bool { return foldCase(v.Name) == foldCase(name) }); i >= 0 {
		return vars[i], true
	}
	return Var{}, false
}
