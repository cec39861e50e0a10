package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/refresh"
	"github.com/squire-env/squire/inject/supervise"
	"github.com/squire-env/squire/resolve"
)

// follow is what keeps a parent's command armed. A refresh is the same run once
// more, from the flags on, with the client and the pipes of the first.
func (s *session) follow(f *superviseFlags, first *armed, parent *supervise.Parent, hiding hiding) *refresh.Refresher {
	tried := first // by the last refresh
	return refresh.New(s.set(first, f.onChange), refresh.Config{
		Resolve: func(ctx context.Context) (*refresh.Set, error) {
			s.repeats.turn()
			a, err := s.rearm(ctx)
			if tried = a; err != nil {
				return nil, err
			}
			return s.set(a, f.onChange), nil
		},
		Changed: func(set *refresh.Set, do change.Action) {
			s.messages.Infof("the environment has changed: %s", do)
			hiding.add(set.Environment)
			parent.Change(supervise.Command{Path: set.Path, Argv: set.Argv, Environment: set.Environment}, do)
		},
		Failed: func(err error, again time.Duration) {
			for _, fault := range resolve.Faults(err) {
				s.messages.Warnf("%s", fault)
			}
			s.messages.Warnf("the environment stays as it is; trying again within %s", again.Round(time.Second))
		},
		Recovered: func() { s.messages.Warnf("all sources can be read again") },
		Culprits:  func(err error, set *refresh.Set) map[int]error { return tried.culprits(err, set) },
		Debounce:  f.debounce,
		Splay:     f.splay,
		Poll:      f.poll,
	})
}

// rearm is run once more. What it has come to is there although it failed.
func (s *session) rearm(ctx context.Context) (*armed, error) {
	a := &armed{}
	fresh := &session{
		program: s.program, args: s.args, given: s.given, environ: s.environ,
		stdin: strings.NewReader(""), stdout: io.Discard, messages: s.messages, repeats: s.repeats,
		client: s.client, pipes: s.pipes, parent: s.parent, again: a,
	}
	root := fresh.rootCommand(s.args, s.given)
	root.SetArgs(s.args)
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	err := root.ExecuteContext(ctx)
	if err == nil && fresh.settings.file == nil && s.settings.file != nil {
		err = fmt.Errorf("%s is gone", s.settings.configPath()) // a start would do without; but this is half of an environment
	}
	return a, err
}

// set is what a refresh compares.
func (s *session) set(a *armed, onChange change.Action) *refresh.Set {
	set := &refresh.Set{Environment: a.environment, Path: a.path, Argv: a.argv, Files: a.files}
	for i, l := range a.layers {
		one := refresh.Source{Label: l.Label, Remote: l.Remote, Version: l.Version, Action: onChange}
		if l.Remote {
			set.Watch = func(ctx context.Context) error { return s.client.Watch(ctx, a.secrets...) }
		}
		if a.sources[i].onChange != nil {
			one.Action = *a.sources[i].onChange
		}
		set.Sources = append(set.Sources, one)
		set.Files = append(set.Files, a.secrets[i].Files()...)
	}
	return set
}

// culprits says which sources of the last set a failure of this try is about;
// nil where the lists are not the same any more.
func (a *armed) culprits(err error, set *refresh.Set) map[int]error {
	if len(a.secrets) != len(set.Sources) {
		return nil
	}
	return resolve.FaultsByIndex(err, len(a.secrets))
}
