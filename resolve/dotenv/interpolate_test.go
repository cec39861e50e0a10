package dotenv

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNoInterpolation(t *testing.T) {
	vars, err := Parse([]byte("A=1\nB=\"${A}\\n${B:-x}\"\nC=${D}\n"), Options{
		NoInterpolation: true,
		Lookup:          func(name string) (string, bool) { t.Errorf("looked up %q", name); return "", false },
		Unset:           func(u Unset) { t.Errorf("%+v", u) },
	})
	if err != nil || show(vars) != show([]Var{{Name: "A", Value: "1"}, {Name: "B", Value: "${A}\n${B:-x}"}, {Name: "C", Value: "${D}"}}) {
		t.Error(show(vars), err)
	}
}

// Unset is called for each reference that is not set and has no default, with the name only if it looks like one.
func TestUnset(t *testing.T) {
	file := strings.Join([]string{
		"A=${HOST}",                    // set by Lookup, to nothing
		"B=${A}${B}",                   // set by the file; B is not yet
		"  export C=\"${LATER}\n${X1}", // one statement of two lines
		"\"",
		"LATER=${_}${X:-}${Y:-${Z}${lower}${1X}${}${A B}${ÄB}", // ${Y:-${Z} has the default "${Z"
		"D=pa${ss",
		"'E=F'=${G}",
		"H='${I}' x", // a bad statement: nothing of it is read
	}, "\n")
	var got []Unset
	vars, err := Parse([]byte(file), Options{
		Lookup:  func(name string) (string, bool) { return "", name == "HOST" },
		Unset:   func(u Unset) { got = append(got, u) },
		Skipped: func(Fault) {},
	})
	want := []Unset{
		{Name: "B", Key: "B", Line: 2, Column: 1},
		{Name: "LATER", Key: "C", Line: 3, Column: 3},
		{Name: "X1", Key: "C", Line: 3, Column: 3},
		{Name: "_", Key: "LATER", Line: 6, Column: 1},
		{Key: "LATER", Line: 6, Column: 1},
		{Key: "LATER", Line: 6, Column: 1},
		{Key: "LATER", Line: 6, Column: 1},
		{Key: "LATER", Line: 6, Column: 1},
		{Key: "LATER", Line: 6, Column: 1},
		{Name: "G", Line: 8, Column: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if len(vars) != 6 || vars[4].Value != "pa${ss" {
		t.Error(show(vars))
	}
}

// FuzzUnset: Unset does not change the result, and is not called with a text that is not a name.
func FuzzUnset(f *testing.F) {
	addSeeds(f)
	f.Add([]byte("A=${B}${c}${D:-}${E:-x}\nF=${A}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		calls := 0
		plain, plainErr := Parse(data, Options{Lookup: environ})
		vars, err := Parse(data, Options{Lookup: environ, Unset: func(u Unset) {
			calls++
			if u.Name != "" && strings.Trim(u.Name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" ||
				strings.ContainsAny(u.Key, "=\x00") || u.Line < 1 || u.Column < 1 {
				t.Errorf("%q: %+v", data, u)
			}
		}})
		if show(plain) != show(vars) || (err == nil) != (plainErr == nil) || calls > strings.Count(string(data), "{") {
			t.Errorf("%q: %d callbacks, %s, %v; without them %s, %v", data, calls, show(vars), err, show(plain), plainErr)
		}
		literal, err := Parse(data, Options{NoInterpolation: true})
		if err == nil && plainErr == nil && len(literal) != len(plain) {
			t.Errorf("%q: %d variables, and %d where nothing is interpolated", data, len(plain), len(literal))
		}
	})
}

func TestOutranks(t *testing.T) {
	first := func(name string) (string, bool) { return "first", name == "A" }
	last := func(name string) (string, bool) { return "last", name == "A" || name == "C" }
	vars, err := Parse([]byte("A=file\nX=${A}\nB=file\nY=${B}\nZ=${C}"), Options{Outranks: first, Lookup: last})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range vars {
		got[v.Name] = v.Value
	}
	if d := cmp.Diff(map[string]string{"A": "file", "X": "first", "B": "file", "Y": "file", "Z": "last"}, got); d != "" {
		t.Error(d)
	}
}
