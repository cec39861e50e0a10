package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service"
)

// lazy opens the service when the first name is asked for.
type lazy struct {
	settings Settings

	once    sync.Once
	names   resolve.Manager
	closers []io.Closer
	err     error
}

var (
	_ resolve.Manager = (*lazy)(nil)
	_ resolve.Watcher = (*lazy)(nil)
)

func (l *lazy) open() (resolve.Manager, error) {
	l.once.Do(func() {
		svc, closer, err := OpenService(l.settings)
		if err != nil {
			l.err = err
			return
		}
		l.closers = []io.Closer{closer}
		if embedded, ok := svc.(*service.Service); ok {
			names := newStored(embedded, l.settings.Environment)
			l.names, l.closers = names, append(l.closers, names)
			return
		}
		l.names = newServed(svc, l.settings.Environment)
	})
	return l.names, l.err
}

// Close closes what was opened, the last first.
func (l *lazy) Close() error {
	l.once.Do(func() {}) // from here on nothing opens
	var errs []error
	for _, c := range slices.Backward(l.closers) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Watch is of what Resolve asks. Offline nothing changes.
func (l *lazy) Watch(ctx context.Context, refs []resolve.Ref) error {
	m, err := l.open()
	if err != nil {
		return err
	}
	w, ok := m.(resolve.Watcher)
	if !ok || l.settings.Offline {
		return fmt.Errorf("%w: this provider cannot watch", errors.ErrUnsupported)
	}
	return w.Watch(ctx, refs)
}

func (l *lazy) Resolve(ctx context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	m, err := l.open()
	if err != nil {
		return nil, err
	}
	return m.Resolve(ctx, refs)
}

func (l *lazy) Create(ctx context.Context, path string, dict map[string]resolve.Value, ifExists resolve.IfExists) error {
	m, err := l.open()
	if err != nil {
		return err
	}
	return m.Create(ctx, path, dict, ifExists)
}

func (l *lazy) List(ctx context.Context, q resolve.ListQuery) ([]resolve.Info, error) {
	m, err := l.open()
	if err != nil {
		return nil, err
	}
	return m.List(ctx, q)
}

func (l *lazy) Info(ctx context.Context, path string) (resolve.Info, error) {
	m, err := l.open()
	if err != nil {
		return resolve.Info{}, err
	}
	return m.Info(ctx, path)
}

func (l *lazy) Update(ctx context.Context, path string, changes map[string]*resolve.Value) error {
	m, err := l.open()
	if err != nil {
		return err
	}
	return m.Update(ctx, path, changes)
}

func (l *lazy) Delete(ctx context.Context, path string, allowMissing bool) error {
	m, err := l.open()
	if err != nil {
		return err
	}
	return m.Delete(ctx, path, allowMissing)
}
