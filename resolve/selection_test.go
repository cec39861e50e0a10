package resolve

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelect(t *testing.T) {
	for i, test := range []struct {
		s    Selection
		want string
	}{
		{Selection{}, "A=1 B=2 C=3"},
		{Selection{Only: []string{"C", "A", "C"}}, "A=1 C=3"},
		{Selection{Only: []string{}}, ""},
		{Selection{Prefix: "P_"}, "P_A=1 P_B=2 P_C=3"},
		{Selection{Rename: map[string]string{"A": "X"}}, "X=1 B=2 C=3"},
		{Selection{Rename: map[string]string{"A": "B", "B": "A"}}, "B=1 A=2 C=3"},
		{Selection{Only: []string{"A", "B"}, Rename: map[string]string{"A": "X"}, Prefix: "P_"}, "X=1 P_B=2"},
	} {
		vars, err := FromMap(map[string]string{"A": "1", "B": "2", "C": "3"}).Select(test.s).Vars(t.Context())
		var got []string
		for _, v := range vars {
			got = append(got, v.Name+"="+v.Value.Reveal())
		}
		if d := cmp.Diff(test.want, strings.Join(got, " ")); d != "" || err != nil {
			t.Errorf("%d: %s %v", i, d, err)
		}
	}
}

func TestSelectRefuses(t *testing.T) {
	dict := map[string]string{"A": canary, "B": canary}
	for _, test := range []struct {
		s    Selection
		kind error
		text string
	}{
		{Selection{Only: []string{"X", "A", "K=" + canary}}, ErrMissingKeys, "required keys missing in dict: X, (not shown: an unusual name)"},
		{Selection{Rename: map[string]string{"Z": "M", "A": "N", "X": "O"}}, ErrMissingKeys, "required keys missing in dict: X, Z"},
		{Selection{Only: []string{"A"}, Rename: map[string]string{"X": "O"}}, ErrMissingKeys, "required keys missing in dict: X"},
		{Selection{Rename: map[string]string{"A": "B"}}, ErrInvalid, "invalid selection from dict: two keys become the variable B"},
		{Selection{Rename: map[string]string{"A": "P_B"}, Prefix: "P_"}, ErrInvalid, "invalid selection from dict: two keys become the variable P_B"},
	} {
		_, err := FromMap(dict).Select(test.s).Vars(t.Context())
		if !errors.Is(err, test.kind) || err.Error() != test.text {
			t.Errorf("%v", err)
		}
	}
}

// What is selected of a named secret is required of its provider, which is
// where the message comes from.
func TestSelectFromNamed(t *testing.T) {
	a := &shelf{secrets: map[string]map[string]string{"db": {"U": "app", "P": "pw"}}}
	c := NewClient(ClientConfig{Providers: map[string]Provider{"": a}})
	ref, err := ParseRef("db#U=PGUSER")
	if err != nil {
		t.Fatal(err)
	}
	layers, err := c.Resolve(t.Context(), FromRef(ref), FromName("gone").IfExists().Select(Selection{Only: []string{"A"}}))
	if err != nil || layers[0].Label != "db" || !layers[1].Absent || layers[1].Vars != nil {
		t.Fatalf("%+v %v", layers, err)
	}
	if d := cmp.Diff(map[string]string{"PGUSER": "app"}, text(layers[0].Vars)); d != "" {
		t.Error(d)
	}
	for _, s := range []Selection{{Only: []string{"X"}}, {Rename: map[string]string{"X": "Y"}}} {
		_, err = c.Resolve(t.Context(), FromName("db").Select(s))
		if !errors.Is(err, ErrMissingKeys) || err.Error() != "secret db lacks the required key X" {
			t.Errorf("%v", err)
		}
	}
}
