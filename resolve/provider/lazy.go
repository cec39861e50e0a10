package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/squire-env/squire/resolve"
)

// lazy opens a provider at its first call. What the provider does not support is
// an errors.ErrUnsupported.
type lazy struct {
	open func() (resolve.Provider, io.Closer, error)

	once     sync.Once
	provider resolve.Provider
	closer   io.Closer
	err      error
}

var (
	_ resolve.Manager = (*lazy)(nil)
	_ resolve.Watcher = (*lazy)(nil)
)

func (l *lazy) opened() (resolve.Provider, error) {
	l.once.Do(func() { l.provider, l.closer, l.err = l.open() })
	return l.provider, l.err
}

// Close closes the provider if it was opened; it is not opened after that.
func (l *lazy) Close() error {
	l.once.Do(func() { l.err = fs.ErrClosed })
	if l.closer == nil {
		return nil
	}
	return l.closer.Close()
}

func (l *lazy) Resolve(ctx context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	p, err := l.opened()
	if err != nil {
		return nil, err
	}
	return p.Resolve(ctx, refs)
}

func (l *lazy) Watch(ctx context.Context, refs []resolve.Ref) error {
	p, err := l.opened()
	if err != nil {
		return err
	}
	w, ok := p.(resolve.Watcher)
	if !ok {
		return fmt.Errorf("%w: this provider cannot watch", errors.ErrUnsupported)
	}
	return w.Watch(ctx, refs)
}

func (l *lazy) manager() (resolve.Manager, error) {
	p, err := l.opened()
	if err != nil {
		return nil, err
	}
	m, ok := p.(resolve.Manager)
	if !ok {
		return nil, fmt.Errorf("%w: this provider is read-only", errors.ErrUnsupported)
	}
	return m, nil
}

func (l *lazy) Create(ctx context.Context, path string, dict map[string]resolve.Value, ifExists resolve.IfExists) error {
	m, err := l.manager()
	if err != nil {
		return err
	}
	return m.Create(ctx, path, dict, ifExists)
}

func (l *lazy) List(ctx context.Context, q resolve.ListQuery) ([]resolve.Info, error) {
	m, err := l.manager()
	if err != nil {
		return nil, err
	}
	return m.List(ctx, q)
}

func (l *lazy) Info(ctx context.Context, path string) (resolve.Info, error) {
	m, err := l.manager()
	if err != nil {
		return resolve.Info{}, err
	}
	return m.Info(ctx, path)
}

func (l *lazy) Update(ctx context.Context, path string, changes map[string]*resolve.Value) error {
	m, err := l.manager()
	if err != nil {
		return err
	}
	return m.Update(ctx, path, changes)
}

func (l *lazy) Delete(ctx context.Context, path string, allowMissing bool) error {
	m, err := l.manager()
	if err != nil {
		return err
	}
	return m.Delete(ctx, path, allowMissing)
}
