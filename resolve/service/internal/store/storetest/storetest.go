// Package storetest has the tests that every store.Backend must pass. Start with
// Run.
package storetest

import (
	"context"
	"testing"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Place is a backend where no store exists yet, and what it supports.
type Place struct {
	store.Backend
	Shared bool // several stores can be open at once
	Held   bool // after Close, calls return an error
	Waits  bool // a writer may wait for readers
	Hears  bool // the listener is called for other processes, and with nil once it is connected
}

// Run runs the tests; place makes a new Place for each.
func Run(t *testing.T, place func(testing.TB) Place) {
	for name, test := range map[string]func(kit){
		"absent": testAbsent, "init": testInit, "init fails": testInitFails, "init race": testInitRace,
		"scan": testScan, "long scan": testLongScan, "get in scan": testGetInScan, "own writes": testOwnWrites, "bytes": testBytes,
		"rollback": testRollback, "snapshot": testSnapshot, "delete": testDelete,
		"group": testGroup, "panics": testPanics, "counter": testCounter, "ended context": testEnded,
		"notify": testNotify, "closed": testClosed,
	} {
		t.Run(name, func(t *testing.T) { test(kit{t, t.Context(), place(t)}) })
	}
}

type kit struct {
	*testing.T
	ctx   context.Context
	place Place
}

func (k kit) open() store.Store { k.Helper(); return k.openInit(nil) }

// openInit opens a store, and closes it when the test ends.
func (k kit) openInit(init func(store.Tx) error) store.Store {
	k.Helper()
	s, err := k.place.Open(k.ctx, store.Options{Init: init, Warn: func(text string) { k.Errorf("warning: %s", text) }})
	k.ok(err)
	k.Cleanup(func() {
		if err := s.Close(); err != nil {
			k.Error(err)
		}
	})
	return s
}

// two returns two stores on the place, or the same one twice.
func (k kit) two() [2]store.Store {
	k.Helper()
	a := k.open()
	if k.place.Shared {
		return [2]store.Store{a, k.open()}
	}
	return [2]store.Store{a, a}
}

func (k kit) ok(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k kit) update(s store.Store, fn func(store.Tx) error) {
	k.Helper()
	k.ok(s.Update(k.ctx, fn))
}

func (k kit) put(s store.Store, bucket, key, value string) {
	k.Helper()
	k.update(s, func(tx store.Tx) error { return tx.Put(bucket, key, []byte(value)) })
}

// get is a value, or "-" for none.
func (k kit) get(s store.Store, bucket, key string) (value string) {
	k.Helper()
	k.ok(s.View(k.ctx, func(tx store.Tx) (err error) { value, err = read(tx, bucket, key); return err }))
	return value
}

func read(tx store.Tx, bucket, key string) (string, error) {
	b, err := tx.Get(bucket, key)
	if b == nil {
		return "-", err
	}
	return string(b), err
}

func (k kit) want(got, want string) {
	k.Helper()
	if got != want {
		k.Fatalf("%q, want %q", got, want)
	}
}
