package run

import (
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/supervise"
)

// parentFlags are the flags of run that are about being the command's parent.
type parentFlags struct {
	supervise, watch, mask bool
	onChange               change.Action
	restart                supervise.Policy
	maxRestarts            supervise.Limit
	killSignal             syscall.Signal
	killTimeout            time.Duration
	killGroup              supervise.Reach
	forward, noForward     []syscall.Signal
	debounce, splay, poll  time.Duration
	statusListen           string
}

func (f *parentFlags) add(flags *pflag.FlagSet) {
	f.onChange = change.Action{Kind: change.Restart}
	f.killSignal = syscall.SIGTERM
	flags.BoolVar(&f.supervise, "supervise", false, "stay as the command's parent although nothing needs one")
	flags.BoolVar(&f.watch, "watch", false, "follow every source that can change")
	flags.Var(cli.Parsed(&f.onChange, "action", change.ParseAction), "on-change", "what a change does: restart, signal:NAME, exit, exec:COMMAND or none (default restart)")
	flags.DurationVar(&f.debounce, "debounce", 500*time.Millisecond, "how long it must be quiet before a change counts")
	flags.DurationVar(&f.splay, "splay", 0, "a random pause of at most this before a change acts")
	flags.DurationVar(&f.poll, "poll-interval", time.Minute, "how often to look at every source in any case; 0 never")
	flags.Var(cli.OneOf(&f.restart, supervise.Never, supervise.OnFailure, supervise.Always), "restart", "a command that ends by itself starts again: never, on-failure or always")
	flags.Var(cli.Parsed(&f.maxRestarts, "N/PERIOD", supervise.ParseLimit), "max-restarts", "give up after more than N failures in PERIOD")
	flags.Var(cli.Parsed(&f.killSignal, "signal", change.ParseSignal), "kill-signal", "what asks the command to end (default TERM)")
	flags.DurationVar(&f.killTimeout, "kill-timeout", 30*time.Second, "how long it may take to end before its group is killed; 0 is no limit")
	flags.Var(cli.Parsed(&f.killGroup, "reach", supervise.ParseReach), "kill-group", "signal the command's whole process group; descendants: and end all that it has started before squire ends")
	flags.Lookup("kill-group").NoOptDefVal = "true"
	flags.Var(signalList{&f.forward}, "forward-signals", "forward these signals, too")
	flags.Var(signalList{&f.noForward}, "no-forward", "do not forward these signals; TERM and INT then end the command by --kill-signal")
	flags.BoolVar(&f.mask, "mask", false, "replace secret values in what the command prints")
	flags.StringVar(&f.statusListen, "status-listen", "", "answer /livez, /readyz, /status and /metrics at HOST:PORT or unix:PATH")
	setting.Annotate(flags, []string{"supervise", "watch", "on-change", "restart", "mask", "status-listen"}, setting.InFile, setting.Guarded)
	setting.Annotate(flags, []string{"debounce", "splay", "poll-interval", "max-restarts", "kill-signal", "kill-timeout", "kill-group"}, setting.InFile)
	setting.Annotate(flags, []string{"forward-signals", "no-forward"}, setting.InFile, setting.Several)
}

// why says what needs a parent; "" is nothing, and squire becomes the command.
func (f *parentFlags) why() string {
	var all []string
	for _, need := range []struct {
		name string
		set  bool
	}{
		{"--supervise", f.supervise}, {"--watch", f.watch}, {"--restart", f.restart != supervise.Never},
		{"--mask", f.mask}, {"--status-listen", f.statusListen != ""},
	} {
		if need.set {
			all = append(all, need.name)
		}
	}
	return strings.Join(all, ", ")
}

// check is for what no single flag can say.
func (f *parentFlags) check(typed func(name string) bool) error {
	for _, d := range []struct {
		name string
		is   time.Duration
	}{{"debounce", f.debounce}, {"splay", f.splay}, {"poll-interval", f.poll}, {"kill-timeout", f.killTimeout}} {
		if d.is < 0 {
			return cli.Usagef("--%s: want a duration of zero or above", d.name)
		}
	}
	if f.poll > 0 && f.poll < time.Second {
		return cli.Usagef("--poll-interval: want a second or more, or 0 for never")
	}
	// watch=false turns off what a file of lower rank has turned on, whatever
	// else that file says.
	if typed("on-change") && !f.watch && !typed("watch") {
		return cli.Usagef("--on-change counts with --watch only")
	}
	if typed("max-restarts") && f.restart == supervise.Never && !typed("restart") {
		return cli.Usagef("--max-restarts counts with --restart on-failure or always only")
	}
	return nil
}

// forwarded are the signals to forward.
func (f *parentFlags) forwarded() []syscall.Signal {
	all := append(supervise.DefaultForward(), f.forward...)
	return slices.DeleteFunc(all, func(sig syscall.Signal) bool { return slices.Contains(f.noForward, sig) })
}

// signalList is a list flag of names of signals.
type signalList struct{ p *[]syscall.Signal }

func (s signalList) String() string { return "" }
func (s signalList) Type() string   { return "names" }
func (s signalList) Set(text string) error {
	var names []string
	if err := cli.Words(&names).Set(text); err != nil {
		return err
	}
	for _, name := range names {
		sig, err := change.ParseSignal(name)
		if err == nil {
			err = supervise.CheckForward(sig)
		}
		if err != nil {
			return err
		}
		*s.p = append(*s.p, sig)
	}
	return nil
}
