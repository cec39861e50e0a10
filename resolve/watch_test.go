package resolve

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// failing answers with an error, and cannot watch; watching can.
type failing struct{ err error }

func (f failing) Resolve(context.Context, []Ref) ([]Resolved, error) { return nil, f.err }

type watching struct {
	failing
	watch func(ctx context.Context, refs []Ref) error
}

func (w watching) Watch(ctx context.Context, refs []Ref) error { return w.watch(ctx, refs) }

func TestClientWatch(t *testing.T) {
	var asked []Ref
	ended := make(chan error, 1)
	waits := func(ctx context.Context, _ []Ref) error {
		<-ctx.Done()
		ended <- ctx.Err()
		return ctx.Err()
	}
	tells := func(_ context.Context, refs []Ref) error { asked = refs; return nil }
	fails := func(context.Context, []Ref) error { return ErrUnavailable }
	cannot := func(context.Context, []Ref) error { return fmt.Errorf("%w: offline", errors.ErrUnsupported) }
	client := func(first, second func(context.Context, []Ref) error) *Client {
		return NewClient(ClientConfig{Providers: map[string]Provider{"": watching{watch: first}, "second": watching{watch: second}, "third": failing{}}})
	}
	list := func() []*Secret {
		a := FromName("a", RequiredKeys("K"))
		return []*Secret{FromDict(nil), a, FromRef(Ref{Scheme: "second", Path: "b"}), a, FromRef(Ref{Scheme: "third", Path: "c"}), FromName("d", InEnvironment("x"))}
	}
	if err := client(tells, waits).Watch(t.Context(), list()...); err != nil || <-ended == nil {
		t.Errorf("%v", err)
	}
	want := []Ref{{Path: "a", RequiredKeys: []string{"K"}}, {Path: "x/d"}}
	if d := cmp.Diff(want, asked); d != "" {
		t.Error(d)
	}
	if err := client(tells, cannot).Watch(t.Context(), list()...); err != nil {
		t.Errorf("%v", err)
	}
	if err := client(waits, fails).Watch(t.Context(), list()...); !errors.Is(err, ErrUnavailable) || <-ended == nil {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := client(waits, cannot).Watch(ctx, list()...); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for _, none := range [][]*Secret{nil, {FromDict(nil)}, {FromRef(Ref{Scheme: "third", Path: "c"})}, {FromRef(Ref{Scheme: "second", Path: "b"})}} {
		if err := client(cannot, cannot).Watch(t.Context(), none...); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v", err)
		}
	}
	defer func() {
		if recover() != "provider" {
			t.Error("a panic stays in its goroutine")
		}
	}()
	_ = client(func(context.Context, []Ref) error { panic("provider") }, cannot).Watch(t.Context(), list()...)
}
