package inject

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/squire-env/squire/resolve"
)

// Few names, so that they meet; some that are no names, for the inherited.
var (
	anyName   = func() *rapid.Generator[string] { return rapid.SampledFrom([]string{"A", "B", "C", "D", "a", "É"}) }
	anyValue  = func() *rapid.Generator[string] { return rapid.StringMatching(`[a-z=\n"]{0,4}`) }
	anyString = func() *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			if rapid.IntRange(0, 9).Draw(t, "kind") == 0 {
				return rapid.SampledFrom([]string{"nameless", "=x", "=", ""}).Draw(t, "nameless")
			}
			return anyName().Draw(t, "name") + "=" + anyValue().Draw(t, "value")
		})
	}
	anyLayers = func() *rapid.Generator[[]resolve.Layer] {
		one := rapid.Custom(func(t *rapid.T) resolve.Layer {
			var l resolve.Layer
			l.Source = rapid.SampledFrom([]string{"s1", "s2", "s3"}).Draw(t, "source")
			l.Remote = rapid.Bool().Draw(t, "remote")
			for _, name := range rapid.SliceOfN(anyName(), 0, 5).Draw(t, "names") {
				l.Vars = append(l.Vars, v(name, anyValue().Draw(t, "value")))
			}
			return l
		})
		return rapid.SliceOfN(one, 0, 4)
	}
)

// model is Merge as one would write it to be read: quadratic, and only for
// input without faults.
func model(inherited []string, layers []resolve.Layer, o Options) []string {
	type pair struct {
		raw, name string
		layer     int
	}
	var out []pair
	find := func(name string) int {
		return slices.IndexFunc(out, func(p pair) bool { return name != "" && p.name == foldCase(name) })
	}
	if !o.Clean {
		for _, raw := range inherited {
			name := ""
			if i := strings.Index(raw, "="); i > 0 {
				name = raw[:i]
			}
			if find(name) < 0 {
				out = append(out, pair{raw, foldCase(name), -1})
			}
		}
	}
	for n, l := range layers {
		for _, x := range l.Vars {
			i := find(x.Name)
			if i < 0 {
				out = append(out, pair{x.Name + "=" + x.Value.Reveal(), foldCase(x.Name), n})
				continue
			}
			kept := out[i].layer >= 0 && out[i].layer != n && o.OnConflict == Keep
			preserved := out[i].layer < 0 && (o.PreserveAll || slices.Contains(o.Preserve, x.Name))
			if !kept && !preserved {
				out[i] = pair{out[i].raw[:len(x.Name)] + "=" + x.Value.Reveal(), out[i].name, n}
			}
		}
	}
	environ := []string{}
	for _, p := range out {
		environ = append(environ, p.raw)
	}
	return environ
}

func TestMergeAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inherited, layers := rapid.SliceOfN(anyString(), 0, 8).Draw(t, "inherited"), anyLayers().Draw(t, "layers")
		o := Options{
			Clean:       rapid.IntRange(0, 5).Draw(t, "clean") == 0,
			PreserveAll: rapid.IntRange(0, 3).Draw(t, "preserve all") == 0,
			Preserve:    rapid.SliceOfN(anyName(), 0, 2).Draw(t, "preserve"),
			OnConflict:  rapid.SampledFrom([]Conflict{"", Override, Keep}).Draw(t, "conflict"),
		}
		e, err := Merge(inherited, layers, o)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(model(inherited, layers, o), e.Environ()); d != "" {
			t.Error(d)
		}
		again, _ := Merge(inherited, layers, o)
		if d := cmp.Diff(e.Environ(), again.Environ()); d != "" {
			t.Error("not deterministic:", d)
		}
		// One entry a name, and each is found as it is passed.
		seen := map[string]bool{}
		for _, raw := range e.Environ() {
			name := nameOf(raw)
			if name == "" {
				continue
			}
			if seen[foldCase(name)] {
				t.Errorf("%s is there twice", name)
			}
			seen[foldCase(name)] = true
			if x, ok := lookup(e, name); !ok || name+"="+x.Value.Reveal() != raw {
				t.Errorf("%s is not found as it is passed", name)
			}
		}
		// Nothing is lost, and each loser is in the provenance.
		for _, l := range layers {
			for _, x := range l.Vars {
				got, ok := lookup(e, x.Name)
				if !ok || got.Source != l.Source && !slices.Contains(got.Overrides, l.Source) {
					t.Errorf("%s of %s is lost", x.Name, l.Source)
				}
			}
		}
	})
}

// TestKeepIsOverrideBackwards: the first wins in one order exactly if the last
// wins in the other; and to preserve is to come last.
func TestKeepIsOverrideBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inherited, layers := rapid.SliceOfN(anyString(), 0, 5).Draw(t, "inherited"), anyLayers().Draw(t, "layers")
		backwards := slices.Clone(layers)
		slices.Reverse(backwards)
		values := func(inherited []string, layers []resolve.Layer, o Options) map[string]string {
			e, err := Merge(inherited, layers, o)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{}
			for _, x := range e.Vars() {
				out[foldCase(x.Name)] = x.Value.Reveal()
			}
			return out
		}
		if d := cmp.Diff(values(inherited, backwards, Options{}), values(inherited, layers, Options{OnConflict: Keep})); d != "" {
			t.Error("keep:", d)
		}
		last := layer("inherited, as a layer")
		for _, x := range merge0(inherited).Vars() {
			last.Vars = append(last.Vars, x2v(x))
		}
		if d := cmp.Diff(values(nil, append(slices.Clone(layers), last), Options{}), values(inherited, layers, Options{PreserveAll: true})); d != "" {
			t.Error("preserve:", d)
		}
	})
}

func merge0(inherited []string) *Environment {
	e, err := Merge(inherited, nil, Options{})
	if err != nil {
		panic(err)
	}
	return e
}

func x2v(x Var) resolve.Var { return resolve.Var{Name: x.Name, Value: x.Value} }
