package run

import (
	"context"
	"fmt"
	"time"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/inject/refresh"
	"github.com/squire-env/squire/inject/supervise"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

// follower keeps the environment of a parent's command current.
type follower struct {
	*runner
	resolver *plan.Resolver
	warned   *repeats
	parent   *supervise.Parent
	mask     outputMask
	latest   *prepared // what the next start of the command uses
}

func (f *follower) refresher() *refresh.Refresher {
	return refresh.New(f.latest.result, refresh.Config{
		Resolve:   f.resolve,
		Watch:     f.resolver.Watch,
		OnChange:  f.flags.onChange,
		Changed:   f.changed,
		Blind:     f.blind,
		Failed:    f.failed,
		Recovered: func() { f.Messages.Warnf("all sources can be read again") },
		Debounce:  f.flags.debounce,
		Splay:     f.flags.splay,
		Poll:      f.flags.poll,
	})
}

// resolve reads squire.yaml again where it counts, and resolves the plan.
func (f *follower) resolve(ctx context.Context) (*plan.Result, error) {
	f.warned.begin()
	p, err := f.Config.Reload(ctx)
	if err != nil {
		return nil, err
	}
	c, err := f.prepare(ctx, f.resolver, p, f.latest.argv)
	if err != nil {
		return nil, err
	}
	moved := c.path != f.latest.path
	f.latest = c
	if moved { // the next start finds the command there, whether the environment has changed or not
		f.mask.add(c.result.Environment)
		f.parent.Change(c.command(), change.Action{})
	}
	return c.result, nil
}

func (f *follower) changed(result *plan.Result, do change.Action) {
	f.Messages.Infof("the environment has changed: %s", do)
	f.mask.add(result.Environment)
	f.parent.Change(f.latest.command(), do)
}

func (f *follower) failed(err error, again time.Duration) {
	for _, fault := range resolve.Faults(err) {
		f.Messages.Warnf("%s", fault)
	}
	f.Messages.Warnf("the environment stays as it is; retrying within %s", again.Round(time.Second))
}

// blind tells, of each reason, which files may change without an event.
func (f *follower) blind(files []filewatch.Blind, every time.Duration) {
	if len(files) == 0 {
		f.Messages.Warnf("changes of all files are noticed at once again")
	}
	for len(files) > 0 {
		first, others := files[0], files[:0:0]
		for _, one := range files[1:] {
			if one.Reason != first.Reason {
				others = append(others, one)
			}
		}
		which := first.Path
		if more := len(files) - len(others) - 1; more > 0 {
			which += fmt.Sprintf(" and %d more", more)
		}
		how := "are not noticed, by --poll-interval 0"
		if every > 0 {
			how = "are checked for every " + every.String()
		}
		f.Messages.Warnf("changes of %s %s: %s", which, how, first.Reason)
		files = others
	}
}

func (c *prepared) command() supervise.Command {
	return supervise.Command{Path: c.path, Argv: c.argv, Environment: c.result.Environment}
}
