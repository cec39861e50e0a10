package main

import (
	"context"
	"runtime"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/inject/supervise"
	"github.com/squire-env/squire/resolve"
)

// supervise runs the command as its parent, and ends with its exit code.
func (s *session) supervise(ctx context.Context, f *runFlags, argv []string, why string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runtime.LockOSThread() // to the first thread, most likely: see supervise.Run
	s.parent = f.parent
	if err := s.keepSources(); err != nil {
		return err
	}
	status, err := f.parent.listen()
	if err != nil {
		return err
	}
	defer status.Close()
	a := &armed{}
	if err := s.arm(ctx, f, argv, a); err != nil {
		return err
	}
	hiding := f.parent.hiding()
	hiding.add(a.environment)
	s.messages.Detach()
	s.messages.Infof("staying as the parent of %s, for %s", argv[0], why)
	var parent *supervise.Parent
	parent = supervise.New(supervise.Config{
		Command:     supervise.Command{Path: a.path, Argv: a.argv, Environment: a.environment},
		Forward:     f.parent.forwarded(),
		KillGroup:   f.parent.killGroup,
		KillSignal:  f.parent.killSignal,
		KillTimeout: f.parent.killTimeout,
		Restart:     f.parent.restart,
		MaxRestarts: f.parent.maxRestarts,
		Streams:     hiding.streams(func() { parent.Suspend() }),
		Info:        s.messages.Infof,
		Warn:        s.messages.Warnf,
		Started: func() { // what the command need not wait for
			sources := s.follow(&f.parent, a, parent, hiding)
			if f.parent.watch {
				go sources.Run(ctx)
			}
			status.serve(ctx, parent, sources)
		},
	})
	code, err := parent.Run()
	if err != nil {
		return err
	}
	if code != 0 {
		return cli.Exit(code)
	}
	return nil
}

// keepSources readies the session to be run again and again: with one client,
// which remembers its answers, and with what came from pipes. Nothing is closed:
// the process ends with the command.
func (s *session) keepSources() (err error) {
	s.pipes, s.repeats = map[string]*resolve.Secret{}, &repeats{}
	s.client, _, err = s.app.Client()
	return err
}
