package main

import (
	"context"
	"runtime"

	"github.com/squire-env/squire/inject/supervise"
)

// supervise runs the command as its parent, and ends with its exit code.
func (s *session) supervise(ctx context.Context, f *runFlags, argv []string, why string) error {
	runtime.LockOSThread() // to the first thread, most likely: see supervise.Run
	a, err := s.arm(ctx, f, argv)
	if err != nil {
		return err
	}
	s.messages.infof("staying as the parent of %s, for %s", argv[0], why)
	s.messages.detach()
	parent := supervise.New(supervise.Config{
		Command:     a.command(),
		Forward:     f.parent.forwarded(),
		KillGroup:   f.parent.killGroup,
		KillSignal:  f.parent.killSignal,
		KillTimeout: f.parent.killTimeout,
		Restart:     f.parent.restart,
		MaxRestarts: f.parent.maxRestarts,
		Info:        s.messages.infof,
		Warn:        s.messages.notef,
	})
	code, err := parent.Run()
	if err != nil {
		return err
	}
	if s.started = true; code != 0 {
		return childExit(code)
	}
	return nil
}

func (a *armed) command() supervise.Command {
	return supervise.Command{Path: a.path, Argv: a.argv, Environment: a.environment}
}
