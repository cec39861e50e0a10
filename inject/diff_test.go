package inject

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/squire-env/squire/resolve"
	"pgregory.net/rapid"
)

func TestDiff(t *testing.T) {
	inherited := []string{"A=1", "=odd", "odd", "B=1"}
	for name, tt := range map[string]struct {
		was, now []resolve.Layer
		want     []Change
	}{
		"same":         {[]resolve.Layer{layer("a", v("X", "1"))}, []resolve.Layer{layer("a", v("X", "1"))}, nil},
		"other order":  {[]resolve.Layer{layer("a", v("X", "1"), v("Y", "2"))}, []resolve.Layer{layer("a", v("Y", "2"), v("X", "1"))}, nil},
		"other source": {[]resolve.Layer{layer("a", v("X", "1")), layer("b")}, []resolve.Layer{layer("a"), layer("b", v("X", "1"))}, nil},
		"changed":      {[]resolve.Layer{layer("a"), layer("b", v("X", "1"))}, []resolve.Layer{layer("a"), layer("b", v("X", "2"))}, []Change{{"X", 1, 1}}},
		"added":        {[]resolve.Layer{layer("a")}, []resolve.Layer{layer("a", v("X", ""))}, []Change{{"X", FromNowhere, 0}}},
		"gone":         {[]resolve.Layer{layer("a", v("Y", ""), v("X", ""))}, nil, []Change{{"Y", 0, FromNowhere}, {"X", 0, FromNowhere}}},
		"uncovered":    {[]resolve.Layer{layer("a", v("A", "2"))}, nil, []Change{{"A", 0, FromInherited}}},
		"covered":      {nil, []resolve.Layer{layer("a", v("A", "2"))}, []Change{{"A", FromInherited, 0}}},
		"moved":        {[]resolve.Layer{layer("a", v("X", "1")), layer("b")}, []resolve.Layer{layer("a", v("X", "1")), layer("b", v("X", "2"))}, []Change{{"X", 0, 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Diff(merge(t, inherited, tt.was, Options{}), merge(t, inherited, tt.now, Options{}))
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestDiffNamesEachDifference compares with maps of all values.
func TestDiffNamesEachDifference(t *testing.T) {
	draw := func(rt *rapid.T, label string) (map[string]string, *Environment) {
		values := rapid.MapOf(rapid.StringMatching(`[A-D]`), rapid.StringMatching(`[xy]?`)).Draw(rt, label)
		var vars []resolve.Var
		for name, value := range values {
			vars = append(vars, v(name, value))
		}
		return values, merge(t, nil, []resolve.Layer{layer("a", vars...)}, Options{})
	}
	rapid.Check(t, func(rt *rapid.T) {
		was, old := draw(rt, "was")
		now, current := draw(rt, "now")
		want := map[string]bool{}
		for _, name := range slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(now))) {
			a, before := was[name]
			b, after := now[name]
			if a != b || before != after {
				want[name] = true
			}
		}
		got := map[string]bool{}
		for _, c := range Diff(old, current) {
			got[c.Name] = true
		}
		if d := cmp.Diff(want, got); d != "" {
			rt.Error(d)
		}
	})
}
