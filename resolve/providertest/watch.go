package providertest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/squire-env/squire/resolve"
)

// watcher is the provider, if it can watch these references. If it cannot, that
// must not change.
func (k *kit) watcher(refs ...resolve.Ref) resolve.Watcher {
	k.Helper()
	w, ok := k.Provider.(resolve.Watcher)
	if !ok {
		k.Skip("it does not watch")
	}
	ended, cancel := context.WithCancel(k.Context())
	cancel()
	if err := w.Watch(ended, refs); errors.Is(err, errors.ErrUnsupported) {
		k.must(refs...)
		if err := w.Watch(ended, refs); !errors.Is(err, errors.ErrUnsupported) {
			k.Errorf("it could not watch before, and now: %v", err)
		}
		k.Skip("it cannot watch")
	}
	return w
}

// watch waits for an expected change.
func (k *kit) watch(w resolve.Watcher, refs ...resolve.Ref) {
	k.Helper()
	ctx, cancel := context.WithTimeout(k.Context(), k.Timeout)
	defer cancel()
	err := w.Watch(ctx, refs)
	k.holdsNoValue(err)
	if err != nil {
		k.Fatal(err)
	}
}

// until resolves, and watches in between, until it gets the expected answer.
func (k *kit) until(w resolve.Watcher, came func([]resolve.Resolved) bool, refs ...resolve.Ref) {
	k.Helper()
	for !came(k.must(refs...)) {
		k.watch(w, refs...)
	}
}

// waits brings the watch to where it has nothing more to report. It may return
// without a change, but not without end.
func (k *kit) waits(w resolve.Watcher, refs ...resolve.Ref) {
	k.Helper()
	for range 10 {
		k.must(refs...)
		short, cancel := context.WithTimeout(k.Context(), 100*time.Millisecond) // a longer wait could only find more
		err := w.Watch(short, refs)
		cancel()
		switch {
		case err != nil && short.Err() != nil:
			return
		case err != nil:
			k.Fatal(err)
		}
	}
	k.Fatal("it returns again and again without a change")
}

func watchReturns(k *kit) {
	k.put("one", "A=1")
	k.put("two", "A=1")
	refs := []resolve.Ref{k.ref("one", "A"), k.ref("two")}
	w := k.watcher(refs...)
	k.waits(w, refs...)
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), k.Timeout)
		defer cancel()
		ended <- w.Watch(ctx, refs)
	}()
	k.put("two", "A=2")
	if err := <-ended; err != nil {
		k.Fatal(err)
	}
	k.until(w, func(got []resolve.Resolved) bool { return shown(got[1]) == "A=2" }, refs...)
}

func watchWaits(k *kit) {
	k.put("one", "A=1")
	k.put("other", "A=1")
	refs := []resolve.Ref{k.ref("one"), k.optional("gone")}
	w := k.watcher(refs...)
	k.waits(w, refs...)
	k.put("other", "A=2") // not watched
	k.waits(w, refs...)
}

func watchMissesNothing(k *kit) {
	k.put("one", "A=0")
	one, last := k.ref("one"), 30
	w := k.watcher(one)
	written := make(chan error, 1)
	go func() {
		for i := range last {
			if err := k.Put(context.Background(), "one", dict(fmt.Sprint("A=", i+1))); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	k.until(w, func(got []resolve.Resolved) bool { return shown(got[0]) == fmt.Sprint("A=", last) }, one)
	if err := <-written; err != nil {
		k.Error(err)
	}
	// Between a Resolve and the Watch that follows it.
	k.waits(w, one)
	k.put("one", "A=last")
	k.watch(w, one)
	k.until(w, func(got []resolve.Resolved) bool { return shown(got[0]) == "A=last" }, one)
}

func watchSeesAbsent(k *kit) {
	k.put("one", "A=1")
	refs := []resolve.Ref{k.ref("one"), k.optional("extra")}
	w := k.watcher(refs...)
	k.waits(w, refs...)
	k.put("extra", "B=2")
	k.watch(w, refs...)
	k.until(w, func(got []resolve.Resolved) bool { return shown(got[1]) == "B=2" && !got[1].Absent }, refs...)
	k.waits(w, refs...)
	k.delete("extra")
	k.watch(w, refs...)
	k.until(w, func(got []resolve.Resolved) bool { return got[1].Absent }, refs...)
}

func watchEnds(k *kit) {
	k.put("one", "A=1")
	one := k.ref("one")
	w := k.watcher(one)
	k.waits(w, one)
	ctx, cancel := context.WithCancelCause(k.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Watch(ctx, []resolve.Ref{one}) }()
	cancel(errors.New("the test ends it"))
	if err := <-ended; err == nil {
		k.Error("no error after the end of the context")
	}
	bad := resolve.Ref{Scheme: k.Scheme, Path: "K=" + canary}
	err := w.Watch(k.Context(), []resolve.Ref{bad})
	k.holdsNoValue(err)
	if !errors.Is(err, resolve.ErrInvalid) {
		k.Errorf("an invalid path: %v", err)
	}
}
