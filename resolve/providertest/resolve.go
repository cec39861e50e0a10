package providertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve"
)

func answersInOrder(k *kit) {
	k.put("one", "C=3", "A=1", "B=2")
	k.put("two", "A=9")
	k.put("empty")
	if len(k.must()) != 0 {
		k.Error("an answer to nothing")
	}
	got := k.must(k.ref("two"), k.ref("one"), k.ref("empty"), k.ref("one"))
	for i, want := range []string{"A=9", "A=1 B=2 C=3", "", "A=1 B=2 C=3"} {
		if have := shown(got[i]); have != want || got[i].Absent {
			k.Errorf("index %d: %q, want %q", i, have, want)
		}
	}
	if got[1].Label != got[3].Label || got[0].Label != "" && got[0].Label == got[1].Label {
		k.Errorf("labels %q, %q and again %q", got[0].Label, got[1].Label, got[3].Label)
	}
}

func valuesAsTheyAre(k *kit) {
	values := map[string]string{
		"EMPTY": "", "BLANK": "  a  ", "LINES": "a\nb\r\n", "QUOTES": `'"\$${A}%s`, "UNICODE": "äß€ 🗝", "LONG": strings.Repeat("x", 30_000), "BASE64": "aGk=",
	}
	if err := k.Put(k.Context(), "odd", values); err != nil {
		k.Fatal(err)
	}
	vars := k.must(k.ref("odd"))[0].Vars
	if len(vars) != len(values) {
		k.Errorf("%d variables of %d", len(vars), len(values))
	}
	for _, v := range vars {
		if v.Value.Reveal() != values[v.Name] {
			k.Errorf("%s: another value", v.Name)
		}
	}
}

func answersAllOrNothing(k *kit) {
	k.put("one", "A=1")
	refs := []resolve.Ref{k.ref("one"), k.ref("gone"), k.ref("one", "X"), k.ref("one"), k.ref("gone"), k.ref("other")}
	by := k.fails(refs, 1, 2, 4, 5)
	for _, i := range []int{1, 4, 5} {
		var absent *resolve.NotFoundError
		if !errors.As(by[i], &absent) || !errors.Is(by[i], resolve.ErrNotFound) {
			k.Errorf("index %d is absent: %v", i, by[i])
		} else if !strings.Contains(by[i].Error(), refs[i].Path) {
			k.Errorf("index %d: the message does not name %s: %v", i, refs[i].Path, by[i])
		}
	}
	var missing *resolve.MissingKeysError
	if !errors.As(by[2], &missing) || !slices.Equal(missing.Keys, []string{"X"}) {
		k.Errorf("index 2 lacks X: %v", by[2])
	}
}

func assertsKeys(k *kit) {
	k.put("one", "A=1", "EXISTS=2")
	selected := only(k.ref("one", "Z", "A"), "Y", "A", "Z")
	by := k.fails([]resolve.Ref{k.ref("one", "A"), k.ref("one", "X", "A", "B"), selected, only(k.ref("one"), "A")}, 1, 2)
	for i, want := range map[int][]string{1: {"X", "B"}, 2: {"Z", "Y"}} {
		var missing *resolve.MissingKeysError
		switch {
		case !errors.As(by[i], &missing) || !errors.Is(by[i], resolve.ErrMissingKeys):
			k.Errorf("index %d: %v", i, by[i])
		case !slices.Equal(missing.Keys, want):
			k.Errorf("index %d: %v, want %v in the order of the reference", i, missing.Keys, want)
		case strings.Contains(by[i].Error(), "EXISTS"):
			k.Errorf("index %d: the message names a key that is there: %v", i, by[i])
		}
	}
	// The client applies the selection, for every provider.
	client := resolve.NewClient(resolve.ClientConfig{Providers: map[string]resolve.Provider{k.Scheme: k.Provider}})
	r := only(k.ref("one"), "A")
	r.Rename = map[string]string{"A": "B"}
	layers, err := client.Resolve(k.Context(), resolve.FromRef(r))
	if err != nil || len(layers[0].Vars) != 1 || layers[0].Vars[0].Name != "B" {
		k.Errorf("A as B: %+v %v", layers, err)
	}
}

func leavesOutAbsent(k *kit) {
	k.put("one", "A=1")
	got := k.must(k.optional("gone"), k.ref("one"), k.optional("one", "A"), k.optional("other", "X"), k.optional("gone"))
	for i, want := range []bool{true, false, false, true, true} {
		if got[i].Absent != want || want && (len(got[i].Vars) != 0 || got[i].Version != 0) {
			k.Errorf("index %d: %+v", i, got[i])
		}
	}
	if got := k.must(k.optional("gone")); !got[0].Absent {
		k.Error("a list of one absent secret")
	}
	by := k.fails([]resolve.Ref{k.optional("gone"), k.optional("one", "X"), k.ref("gone")}, 1, 2)
	if !errors.Is(by[1], resolve.ErrMissingKeys) || !errors.Is(by[2], resolve.ErrNotFound) {
		k.Errorf("%v", by)
	}
}

func versionsTellChanges(k *kit) {
	k.put("one", "A=1")
	before := k.must(k.ref("one"))[0]
	k.put("one", "B=2")
	after := k.must(k.ref("one"))[0]
	if shown(after) != "B=2" {
		k.Errorf("%q after the change", shown(after))
	}
	if before.Label != after.Label {
		k.Errorf("another label, %q after %q", after.Label, before.Label)
	}
	if before.Version < 0 || before.Version == after.Version && before.Version != 0 || (before.Version == 0) != (after.Version == 0) {
		k.Errorf("version %d, then %d", before.Version, after.Version)
	}
	k.delete("one")
	k.fails([]resolve.Ref{k.ref("one")}, 0)
}

func refusesPaths(k *kit) {
	k.put("one", "A=1")
	for _, path := range append(slices.Clone(k.Refused), "", "K="+canary, "a\x00"+canary) {
		bad := resolve.Ref{Scheme: k.Scheme, Path: path}
		by := k.fails([]resolve.Ref{k.ref("one"), bad, k.ref("one")}, 1)
		if !errors.Is(by[1], resolve.ErrInvalid) {
			k.Errorf("path %q: %v", path, by[1])
		}
		bad.Optional = true
		if by := k.fails([]resolve.Ref{bad}, 0); !errors.Is(by[0], resolve.ErrInvalid) {
			k.Errorf("optional path %q: %v", path, by[0])
		}
	}
}

func endsWithContext(k *kit) {
	k.put("one", "A=1")
	ended, cancel := context.WithCancelCause(k.Context())
	cancel(errors.New("the test ends it"))
	_, err := k.Provider.Resolve(ended, []resolve.Ref{k.ref("one")})
	if err == nil {
		k.Error("no error after the end of the context")
	}
	k.holdsNoValue(err)
	if k.Hang == nil {
		return
	}
	k.Hang()
	short, cancelShort := context.WithTimeout(k.Context(), 100*time.Millisecond)
	defer cancelShort()
	_, err = k.Provider.Resolve(short, []resolve.Ref{k.ref("one")})
	if err == nil {
		k.Error("an answer from a store that sends none")
	}
	k.holdsNoValue(err)
}

// concurrentCalls also finds data races, with the race detector.
func concurrentCalls(k *kit) {
	k.put("one", "A=0", "B=0")
	k.put("two", "A=0")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 8 {
				refs, at := []resolve.Ref{k.ref("one", "A"), k.optional("gone"), k.ref("two")}, 0
				if i%2 == 0 {
					slices.Reverse(refs)
					at = 2
				}
				got, err := k.resolve(refs...)
				if err != nil {
					k.Error(err)
					return
				}
				one := got[at]
				if len(one.Vars) != 2 || one.Vars[0].Value.Reveal() != one.Vars[1].Value.Reveal() {
					k.Errorf("half of a change: %s", shown(one))
				}
			}
		})
	}
	group.Go(func() {
		for i := range 8 {
			n := fmt.Sprint(i)
			if err := k.Put(k.Context(), "one", dict("A="+n, "B="+n)); err != nil {
				k.Error(err)
				return
			}
		}
	})
	group.Wait()
}
