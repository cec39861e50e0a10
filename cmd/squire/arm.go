package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider"
)

// armed is all that a command is started with: complete, and checked.
type armed struct {
	argv        []string
	path        string // of argv[0], looked up in environment
	environment *inject.Environment
	sources     []source
	secrets     []*resolve.Secret // of sources
	layers      []resolve.Layer   // of secrets
}

// arm takes run from its sources to where the command could start: all or
// nothing.
func (s *session) arm(ctx context.Context, f *runFlags, argv []string) (*armed, error) {
	a := &armed{argv: argv}
	if err := s.resolve(ctx, f, a); err != nil {
		return nil, err
	}
	f.options.PreserveAll, f.options.Preserve = f.preserve.all, f.preserve.names
	var err error
	if a.environment, err = inject.Merge(s.environ, a.layers, f.options); err != nil {
		return nil, err
	}
	a.path, err = inject.LookPath(argv[0], a.environment)
	if name, _, assigns := strings.Cut(argv[0], "="); err != nil && assigns && resolve.CheckKey(name) == nil {
		// env(1) takes assignments there; an echo of it would tell the value.
		return nil, resolve.WithHint(fmt.Errorf("the command looks like KEY=VALUE (not shown): %w", inject.ErrNotFound), "squire run -e KEY=VALUE -- COMMAND")
	}
	if err != nil {
		return nil, err
	}
	return a, a.environment.Check(a.path, argv)
}

// resolve takes the sources of squire.yaml, of the variables and of the flags,
// in this order, to layers.
func (s *session) resolve(ctx context.Context, f *runFlags, a *armed) error {
	named, err := s.settings.variables.sources.list()
	if err != nil {
		return err
	}
	if s.settings.file != nil {
		a.sources = append(a.sources, s.settings.file.sources...)
	}
	a.sources = append(append(a.sources, named...), f.sources...)
	skips := skipped{messages: s.messages}
	f.files.skipped, f.files.pipes = skips.add, s.pipes
	a.secrets = make([]*resolve.Secret, len(a.sources))
	for i, source := range a.sources {
		a.secrets[i] = source.secret(&f.files)
	}
	client, done, err := s.openClient()
	if err != nil {
		return err
	}
	a.layers, err = client.Resolve(ctx, a.secrets...)
	skips.done()
	for _, l := range a.layers {
		s.messages.debugf("%s: %d variables", l.Source, len(l.Vars))
	}
	if e := done(); err == nil {
		err = e
	}
	return err
}

// openClient is the client that a parent keeps, else one for this call.
func (s *session) openClient() (*resolve.Client, func() error, error) {
	if s.client != nil {
		return s.client, func() error { return nil }, nil
	}
	client, closer, err := provider.Open(s.provider())
	if err != nil {
		return nil, nil, err
	}
	return client, closer.Close, nil
}

// skipped warns of the bad statements that were skipped: 20, then a count.
type skipped struct {
	messages *messages
	n        int
}

const maxSkipped = 20

func (k *skipped) add(fault error) {
	if k.n++; k.n <= maxSkipped {
		k.messages.notef("%s; skipped", fault)
	}
}

func (k *skipped) done() {
	if k.n > maxSkipped {
		k.messages.notef("and %d more bad statements; skipped", k.n-maxSkipped)
	}
}
