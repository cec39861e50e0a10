package provider

import (
	"context"
	"io"
	"sync"

	"github.com/squire-env/squire/resolve"
)

// lazy opens the service when the first name is asked for.
type lazy struct {
	settings Settings

	once   sync.Once
	names  resolve.Manager
	closer io.Closer
	err    error
}

var _ resolve.Manager = (*lazy)(nil)

func (l *lazy) open() (resolve.Manager, error) {
	l.once.Do(func() {
		svc, closer, err := OpenService(l.settings)
		if err != nil {
			l.err = err
			return
		}
		l.names, l.closer = Named(svc), closer
	})
	return l.names, l.err
}

// Close closes what was opened.
func (l *lazy) Close() error {
	l.once.Do(func() {}) // from here on nothing opens
	if l.closer == nil {
		return nil
	}
	return l.closer.Close()
}

func (l *lazy) Resolve(ctx context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	m, err := l.open()
	if err != nil {
		return nil, err
	}
	return m.Resolve(ctx, refs)
}

func (l *lazy) Create(ctx context.Context, environment, name string, dict map[string]resolve.Value, ifExists resolve.IfExists) error {
	m, err := l.open()
	if err != nil {
		return err
	}
	return m.Create(ctx, environment, name, dict, ifExists)
}

func (l *lazy) List(ctx context.Context, q resolve.ListQuery) ([]resolve.Info, error) {
	m, err := l.open()
	if err != nil {
		return nil, err
	}
	return m.List(ctx, q)
}

func (l *lazy) Info(ctx context.Context, environment, name string) (resolve.Info, error) {
	m, err := l.open()
	if err != nil {
		return resolve.Info{}, err
	}
	return m.Info(ctx, environment, name)
}

func (l *lazy) Update(ctx context.Context, environment, name string, changes map[string]*resolve.Value) error {
	m, err := l.open()
	if err != nil {
		return err
	}
	return m.Update(ctx, environment, name, changes)
}

func (l *lazy) Delete(ctx context.Context, environment, name string, allowMissing bool) error {
	m, err := l.open()
	if err != nil {
		return err
	}
	return m.Delete(ctx, environment, name, allowMissing)
}
