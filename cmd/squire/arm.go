package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
)

// armed is all that a command is started with: complete, and checked.
type armed struct {
	argv        []string
	path        string // of argv[0], looked up in environment
	environment *inject.Environment
	files       []string // that said which sources
	sources     []source
	secrets     []*resolve.Secret // of sources
	layers      []resolve.Layer   // of secrets
}

// arm takes run from its sources to where the command could start: all or
// nothing.
func (s *session) arm(ctx context.Context, f *runFlags, argv []string, a *armed) error {
	if err := s.resolve(ctx, f, a); err != nil {
		return err
	}
	f.options.PreserveAll, f.options.Preserve = f.preserve.all, f.preserve.names
	environment, err := inject.Merge(s.environ, a.layers, f.options)
	if err != nil {
		return err
	}
	path, err := inject.LookPath(argv[0], environment)
	if name, _, assigns := strings.Cut(argv[0], "="); err != nil && assigns && resolve.CheckKey(name) == nil {
		// env(1) takes assignments there; an echo of it would tell the value.
		return resolve.WithHint(fmt.Errorf("the command looks like KEY=VALUE (not shown): %w", inject.ErrNotFound), "squire run -e KEY=VALUE -- COMMAND")
	}
	if err != nil {
		return err
	}
	if err := environment.Check(path, argv); err != nil {
		return err
	}
	a.argv, a.path, a.environment = argv, path, environment
	return nil
}

// resolve takes the sources of squire.yaml, of the variables and of the flags,
// in this order, to layers.
func (s *session) resolve(ctx context.Context, f *runFlags, a *armed) error {
	named, err := variableSources(s.settings.added)
	if err != nil {
		return err
	}
	if s.settings.file != nil {
		a.sources = append(a.sources, s.settings.file.sources...)
	}
	a.sources = append(append(a.sources, named...), f.sources...)
	a.files = []string{s.settings.configPath()}
	skips := skipped{warn: s.warn}
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
		s.messages.Debugf("%s: %d variables", l.Source, len(l.Vars))
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
	client, closer, err := s.app.Client()
	if err != nil {
		return nil, nil, err
	}
	return client, closer.Close, nil
}

// skipped warns of the bad statements that were skipped: 20, then a count.
type skipped struct {
	warn func(text string)
	n    int
}

const maxSkipped = 20

func (k *skipped) add(fault error) {
	if k.n++; k.n <= maxSkipped {
		k.warn(fmt.Sprintf("%s; skipped", fault))
	}
}

func (k *skipped) done() {
	if k.n > maxSkipped {
		k.warn(fmt.Sprintf("and %d more bad statements; skipped", k.n-maxSkipped))
	}
}
