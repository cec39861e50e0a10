package run

import (
	"context"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/inject/room"
	"github.com/squire-env/squire/inject/supervise"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
)

// supervise runs the command as its parent, and ends with its exit code.
func (r *runner) supervise(ctx context.Context, argv []string, why string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := room.ForParent(); err != nil {
		return resolve.WithHint(err, "raise the limit; what squire needs is in: squire help troubleshooting")
	}
	supervise.Prepare()
	f, warned := &r.flags, &repeats{warn: r.Messages.Warn}
	r.SetWarn(warned.tell)
	if r.Config.Squire.Poll = f.poll; f.poll == 0 {
		r.Config.Squire.Poll = filewatch.Never
	}
	client, _, err := r.Client() // never closed: the process ends with the command
	if err != nil {
		return err
	}
	status, err := f.listen()
	if err != nil {
		return err
	}
	defer status.Close()
	resolver := r.resolver(client)
	resolver.Again = true
	first, err := r.prepare(ctx, resolver, r.Config.Plan(), argv)
	if err != nil {
		return err
	}
	mask := f.outputMask()
	mask.add(first.result.Environment)
	r.Messages.Detach()
	r.Messages.Infof("staying as the parent of %s, for %s", argv[0], why)
	var parent *supervise.Parent
	parent = supervise.New(supervise.Config{
		Command:     first.command(),
		Forward:     f.forwarded(),
		KillGroup:   f.killGroup,
		KillSignal:  f.killSignal,
		KillTimeout: f.killTimeout,
		Restart:     f.restart,
		MaxRestarts: f.maxRestarts,
		Streams:     mask.streams(func() { parent.Suspend() }, r.Messages),
		Info:        r.Messages.Infof,
		Warn:        r.Messages.Warnf,
		Started: func() { // what the command need not wait for
			sources := (&follower{r, resolver, warned, parent, mask, first}).refresher()
			if f.watch {
				go sources.Run(ctx)
			}
			status.serve(ctx, parent, sources)
		},
	})
	room.Spare()
	code, err := parent.Run()
	if err != nil {
		return err
	}
	if code == 0 && mask.lost() {
		code = Codes().Failure
	}
	if code != 0 {
		return cli.Exit(code)
	}
	return nil
}
