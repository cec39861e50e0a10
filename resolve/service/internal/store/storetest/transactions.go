package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

var errBad = errors.New("bad")

func testAbsent(k kit) {
	s := k.open()
	if ok, err := s.Exists(k.ctx); ok || err != nil {
		k.Fatal(ok, err)
	}
	if err := s.View(k.ctx, func(store.Tx) error { k.Error("ran"); return nil }); !errors.Is(err, store.ErrAbsent) {
		k.Fatal(err)
	}
	k.update(s, func(store.Tx) error { return nil }) // creates the store although it writes nothing
	if ok, err := s.Exists(k.ctx); !ok || err != nil {
		k.Fatal(ok, err)
	}
	k.want(k.get(s, "b", "k"), "-")
	if s.Location() == "" {
		k.Error("nowhere")
	}
}

func testInit(k kit) {
	inits := 0
	for range 2 {
		s := k.openInit(func(tx store.Tx) error { inits++; return tx.Put("b", "init", []byte("1")) })
		k.put(s, "b", "k", "2")
		k.want(k.get(s, "b", "init"), "1")
		k.ok(s.Close())
	}
	if inits != 1 {
		k.Fatal(inits, "times")
	}
}

// After an Init that fails there is no store, and the next Update tries again.
func testInitFails(k kit) {
	fail := true
	s := k.openInit(func(tx store.Tx) error {
		if fail {
			return errBad
		}
		return tx.Put("b", "init", []byte("1"))
	})
	put := func(tx store.Tx) error { return tx.Put("b", "k", []byte("2")) }
	if err := s.Update(k.ctx, put); !errors.Is(err, errBad) {
		k.Fatal(err)
	}
	if ok, err := s.Exists(k.ctx); ok || err != nil {
		k.Fatal(ok, err)
	}
	fail = false
	k.update(s, put)
	k.want(k.get(s, "b", "init")+k.get(s, "b", "k"), "12")
}

// If several processes start at once, one of them creates the store.
func testInitRace(k kit) {
	if !k.place.Shared {
		k.Skip("one process holds it")
	}
	var inits atomic.Int32
	var wg sync.WaitGroup
	for i := range 6 {
		s := k.openInit(func(tx store.Tx) error { inits.Add(1); return tx.Put("b", "id", []byte{byte('0' + i)}) })
		wg.Go(func() {
			err := s.Update(k.ctx, func(tx store.Tx) error {
				id, err := tx.Get("b", "id")
				return errors.Join(err, tx.Put("seen", fmt.Sprint(i), id))
			})
			if err != nil {
				k.Error(err)
			}
		})
	}
	wg.Wait()
	s := k.open()
	for i := range 6 {
		k.want(k.get(s, "seen", fmt.Sprint(i)), k.get(s, "b", "id"))
	}
	if inits.Load() != 1 {
		k.Error(inits.Load(), "times")
	}
}

func testRollback(k kit) {
	s := k.open()
	k.put(s, "b", "k", "1")
	err := s.Update(k.ctx, func(tx store.Tx) error {
		return errors.Join(tx.Put("b", "k", []byte("2")), tx.Put("b", "new", []byte("2")), tx.Delete("b", "k"), errBad)
	})
	if !errors.Is(err, errBad) {
		k.Fatal(err)
	}
	k.want(k.get(s, "b", "k")+k.get(s, "b", "new"), "1-")
}

// A reader sees one state, even if others write meanwhile.
func testSnapshot(k kit) {
	stores := k.two()
	k.put(stores[0], "b", "k", "1")
	written := make(chan error, 1)
	k.ok(stores[0].View(k.ctx, func(tx store.Tx) error {
		first, err := read(tx, "b", "k")
		if err != nil {
			return err
		}
		go func() {
			written <- stores[1].Update(k.ctx, func(tx store.Tx) error {
				return errors.Join(tx.Put("b", "k", []byte("2")), tx.Put("b", "l", []byte("2")))
			})
		}()
		if !k.place.Waits {
			if err := <-written; err != nil {
				return err
			}
		}
		second, err := read(tx, "b", "k")
		k.want(first+second, "11")
		n := 0
		return errors.Join(err, tx.Scan("b", store.Range{}, func(string, []byte) (bool, error) { n++; return true, nil }), wrong(n == 1))
	}))
	if k.place.Waits {
		k.ok(<-written)
	}
	k.want(k.get(stores[0], "b", "k"), "2")
}

func wrong(ok bool) error {
	if ok {
		return nil
	}
	return errors.New("wrong")
}

// A call that fails in a group does not undo the others.
func testGroup(k kit) {
	const calls = 60
	stores := k.two()
	var wg sync.WaitGroup
	for i := range calls {
		wg.Go(func() {
			defer func() {
				if p := recover(); (p != nil) != (i%10 == 7) {
					k.Errorf("%d: a panic: %v", i, p)
				}
			}()
			err := stores[i%2].Update(k.ctx, func(tx store.Tx) error {
				tx.Notify("x")
				if err := tx.Put("b", fmt.Sprintf("%03d", i), []byte{1}); err != nil {
					return err
				}
				if i%10 == 3 {
					return errBad
				}
				if i%10 == 7 {
					panic("a bug")
				}
				return nil
			})
			if (i%10 == 3) != errors.Is(err, errBad) || i%10 != 3 && err != nil {
				k.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	n := 0
	err := stores[0].View(k.ctx, func(tx store.Tx) error {
		return tx.Scan("b", store.Range{}, func(string, []byte) (bool, error) { n++; return true, nil })
	})
	if err != nil || n != calls*8/10 {
		k.Fatal(n, err)
	}
}

// After a panic of the caller's function, the store can still be used.
func testPanics(k kit) {
	s := k.open()
	k.put(s, "b", "k", "1")
	for range 20 { // more than there are connections
		for _, do := range []func(context.Context, func(store.Tx) error) error{s.View, s.Update} {
			func() {
				defer func() {
					if p := recover(); p != "a bug" {
						k.Error(p)
					}
				}()
				k.Error(do(k.ctx, func(store.Tx) error { panic("a bug") }))
			}()
		}
	}
	k.want(k.get(s, "b", "k"), "1")
}

// No update is lost.
func testCounter(k kit) {
	stores := k.two()
	const writers, each = 16, 4
	var wg sync.WaitGroup
	for i := range 2 * writers {
		wg.Go(func() {
			for range each {
				err := stores[i%2].Update(k.ctx, func(tx store.Tx) error {
					v, err := read(tx, "b", "n")
					if err != nil {
						return err
					}
					n := 0
					_, _ = fmt.Sscan(v, &n)
					return tx.Put("b", "n", fmt.Append(nil, n+1))
				})
				if err != nil {
					k.Error(err)
				}
			}
		})
	}
	wg.Wait()
	k.want(k.get(stores[1], "b", "n"), fmt.Sprint(2*writers*each))
}

func testEnded(k kit) {
	s := k.open()
	k.put(s, "b", "k", "1")
	ctx, cancel := context.WithCancel(k.ctx)
	cancel()
	for _, do := range []func(context.Context, func(store.Tx) error) error{s.View, s.Update} {
		err := do(ctx, func(tx store.Tx) error { k.Error("ran"); return nil })
		if !errors.Is(err, context.Canceled) {
			k.Error(err)
		}
	}
	k.want(k.get(s, "b", "k"), "1")
}

// The listener gets the topics after the commit, and only those of successful
// calls.
func testNotify(k kit) {
	stores := [2]store.Store{k.open(), nil}
	var heard [2]chan []string
	listen := func(i int) {
		heard[i] = make(chan []string, 100)
		stores[i].Listen(func(topics []string) { heard[i] <- topics })
	}
	listen(0)
	if k.place.Hears {
		stores[1] = k.open()
		listen(1)
		for _, c := range heard { // the listener is connected: anything may have changed
			if topics := <-c; topics != nil {
				k.Fatal(topics)
			}
		}
	}
	err := stores[0].Update(k.ctx, func(tx store.Tx) error { tx.Notify("undone"); return errBad })
	if !errors.Is(err, errBad) {
		k.Fatal(err)
	}
	want := []string{"main/a", "odd \x00\"é", "main/b"}
	k.update(stores[0], func(tx store.Tx) error {
		for _, topic := range want {
			tx.Notify(topic)
		}
		return tx.Put("b", "k", []byte("1"))
	})
	for i, c := range heard {
		if c == nil {
			continue
		}
		if got := <-c; !slices.Equal(got, want) {
			k.Errorf("%d: %q", i, got)
		}
	}
}

func testClosed(k kit) {
	s := k.open()
	k.put(s, "b", "k", "1")
	k.ok(s.Close())
	k.ok(s.Close())
	if !k.place.Held {
		return
	}
	for _, do := range []func(context.Context, func(store.Tx) error) error{s.View, s.Update} {
		if err := do(k.ctx, func(store.Tx) error { return nil }); !errors.Is(err, resolve.ErrUnavailable) {
			k.Error(err)
		}
	}
}
