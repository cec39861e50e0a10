package store

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// slow is a store whose transactions wait for begin.
type slow struct {
	entered chan context.Context
	begin   chan error
	Empty
}

func newSlow() *slow { return &slow{entered: make(chan context.Context), begin: make(chan error)} }

func (s *slow) transact(ctx context.Context, fn func(Tx) error) error {
	s.entered <- ctx
	if err := <-s.begin; err != nil {
		return err
	}
	return fn(s)
}

// A call that gives up before the transaction begins does not run; one that has
// begun gets its result.
func TestGroupLeave(t *testing.T) {
	s := newSlow()
	g := NewGroup(s.transact)
	defer g.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var ran []string
	call := func(ctx context.Context, name string, then func()) chan error {
		done := make(chan error, 1)
		go func() {
			done <- g.Update(ctx, func(Tx) error { ran = append(ran, name); then(); return nil })
		}()
		return done
	}
	first := call(ctx, "first", func() {})
	inner := <-s.entered
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	<-inner.Done() // no caller waits any more
	s.begin <- nil
	ctx, cancel = context.WithCancel(context.Background())
	second := call(ctx, "second", cancel)
	<-s.entered
	s.begin <- nil
	if err := <-second; err != nil {
		t.Error("begun, and no result:", err)
	}
	if !slices.Equal(ran, []string{"second"}) {
		t.Error(ran)
	}
}

// The transaction of several calls continues while one of them waits.
func TestGroupContext(t *testing.T) {
	var calls []*call
	var cancels []func()
	for range 3 {
		ctx, cancel := context.WithCancel(context.Background())
		calls, cancels = append(calls, &call{ctx: ctx}), append(cancels, cancel)
	}
	ctx, stop := together(calls)
	defer stop()
	cancels[0]()
	cancels[2]()
	if ctx.Err() != nil {
		t.Error("one still waits")
	}
	cancels[1]()
	<-ctx.Done()
}

// If the transaction cannot begin, every call gets the error.
func TestGroupCannotBegin(t *testing.T) {
	s := newSlow()
	g := NewGroup(s.transact)
	bad := errors.New("no connection")
	done := make(chan error, 1)
	go func() {
		done <- g.Update(context.Background(), func(Tx) error { t.Error("it ran"); return nil })
	}()
	<-s.entered
	s.begin <- bad
	if err := <-done; !errors.Is(err, bad) {
		t.Error(err)
	}
	g.Close()
	g.Close()
	if err := g.Update(context.Background(), func(Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}
