package main

import (
	"context"
	"runtime"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/inject/supervise"
)

// supervise runs the command as its parent, and ends with its exit code.
func (s *session) supervise(ctx context.Context, f *superviseFlags, p plan.Plan, argv []string, why string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runtime.LockOSThread() // to the first thread, most likely: see supervise.Run
	s.repeats = &repeats{}
	client, _, err := s.app.Client() // never closed: the process ends with the command
	if err != nil {
		return err
	}
	status, err := f.listen()
	if err != nil {
		return err
	}
	defer status.Close()
	r := s.resolver(client)
	r.Again = true
	first, err := s.prepare(ctx, r, p, argv)
	if err != nil {
		return err
	}
	mask := f.outputMask()
	mask.add(first.result.Environment)
	s.messages.Detach()
	s.messages.Infof("staying as the parent of %s, for %s", argv[0], why)
	var parent *supervise.Parent
	parent = supervise.New(supervise.Config{
		Command:     first.command(),
		Forward:     f.forwarded(),
		KillGroup:   f.killGroup,
		KillSignal:  f.killSignal,
		KillTimeout: f.killTimeout,
		Restart:     f.restart,
		MaxRestarts: f.maxRestarts,
		Streams:     mask.streams(func() { parent.Suspend() }),
		Info:        s.messages.Infof,
		Warn:        s.messages.Warnf,
		Started: func() { // what the command need not wait for
			sources := s.follow(f, r, first, parent, mask)
			if f.watch {
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
