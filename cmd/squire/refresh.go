package main

import (
	"context"
	"time"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/inject/refresh"
	"github.com/squire-env/squire/inject/supervise"
	"github.com/squire-env/squire/resolve"
)

// follow keeps the environment of a parent's command current.
func (s *session) follow(f *superviseFlags, r *plan.Resolver, first *prepared, parent *supervise.Parent, mask outputMask) *refresh.Refresher {
	latest := first
	return refresh.New(first.result, refresh.Config{
		Resolve: func(ctx context.Context) (*plan.Result, error) {
			s.repeats.turn()
			p, err := s.app.Config.Reload(ctx)
			if err != nil {
				return nil, err
			}
			c, err := s.prepare(ctx, r, p, first.argv)
			if err != nil {
				return nil, err
			}
			if c.path != latest.path { // the next start finds the command there
				mask.add(c.result.Environment)
				parent.Change(c.command(), change.Action{})
			}
			latest = c
			return c.result, nil
		},
		Watch:    r.Watch,
		OnChange: f.onChange,
		Changed: func(result *plan.Result, do change.Action) {
			s.messages.Infof("the environment has changed: %s", do)
			mask.add(result.Environment)
			parent.Change(latest.command(), do)
		},
		Failed: func(err error, again time.Duration) {
			for _, fault := range resolve.Faults(err) {
				s.messages.Warnf("%s", fault)
			}
			s.messages.Warnf("the environment stays as it is; retrying within %s", again.Round(time.Second))
		},
		Recovered: func() { s.messages.Warnf("all sources can be read again") },
		Debounce:  f.debounce,
		Splay:     f.splay,
		Poll:      f.poll,
	})
}

func (c *prepared) command() supervise.Command {
	return supervise.Command{Path: c.path, Argv: c.argv, Environment: c.result.Environment}
}
