package supervise

import (
	"errors"
	"strconv"
	"syscall"
	"time"

	"github.com/squire-env/squire/inject"
)

// Config says what to run and how. Only Command is required.
type Config struct {
	Command Command

	// Forward are the signals that are forwarded. Nil: DefaultForward.
	// TERM and INT that are not among them end the command by KillSignal.
	Forward []syscall.Signal
	// KillGroup is what forwarded signals and KillSignal are sent to. "": Command.
	KillGroup Reach
	// KillSignal asks the command to end. 0: TERM.
	KillSignal syscall.Signal
	// KillTimeout is how long it may take to end, before all that is left of it
	// is killed. 0: no limit.
	KillTimeout time.Duration

	// Restart says what happens when the command ends by itself. "": Never.
	Restart Policy
	// MaxRestarts ends it all after too many failures. Zero: no limit.
	MaxRestarts Limit
	// Backoff are the pauses between failures. Zero: 1 s, doubled up to a
	// minute; a command that ran for a minute starts again at 1 s.
	Backoff Backoff

	// Streams are the command's standard streams. Nil: our own.
	Streams Streams

	// Started is called once, when the first command has started: for what can
	// wait until then. Nil: nothing is.
	Started func()

	// Info and Warn report what happens. They must not block, nor end the
	// process by SIGPIPE. Nil: nothing is reported.
	Info, Warn func(format string, args ...any)
}

// Command is what to start.
type Command struct {
	Path        string // as inject.LookPath found it
	Argv        []string
	Environment *inject.Environment
}

// Streams are a command's standard streams where they are not our own. Its
// methods are called one after the other, but for Resize and Close, which may
// be called while Ended works.
type Streams interface {
	// Open gives the descriptors of the next command's standard streams, and
	// how it gets a terminal of its own; nil: it has none, or ours.
	Open() (files [3]uintptr, sys *syscall.SysProcAttr, err error)
	// Started says that the command has them.
	Started()
	// Ended passes on what the command has left, as long as that takes, and what
	// others that hold its streams write, until they have closed them or late is
	// closed; nil: that is not waited for. It follows Open at once where the
	// command could not be started.
	Ended(late <-chan struct{})
	// Close ends an Ended that nobody wants to wait for.
	Close()
	// Resize says that our terminal has another size.
	Resize()
	// Suspend and Resume frame the time in which we are stopped.
	Suspend()
	Resume()
}

// Policy says when a command that ended by itself starts again.
type Policy string

const (
	Never     Policy = "never"
	OnFailure Policy = "on-failure" // an exit code other than 0, or a signal
	Always    Policy = "always"
)

// Reach says how far signals go.
type Reach string

const (
	OnlyCommand Reach = "command"     // the command itself
	Group       Reach = "group"       // its whole process group
	Descendants Reach = "descendants" // the same; and what it leaves below us ends before we do
)

// ParseReach reads the value of --kill-group, which began as a boolean.
func ParseReach(text string) (Reach, error) {
	if text == string(Descendants) {
		return Descendants, nil
	}
	switch group, err := strconv.ParseBool(text); {
	case err != nil:
		return "", errors.New("want true, false or descendants")
	case group:
		return Group, nil
	}
	return OnlyCommand, nil
}

func (c Config) withDefaults() Config {
	if c.Forward == nil {
		c.Forward = DefaultForward()
	}
	if c.KillSignal == 0 {
		c.KillSignal = syscall.SIGTERM
	}
	if c.KillGroup == "" {
		c.KillGroup = OnlyCommand
	}
	if c.Restart == "" {
		c.Restart = Never
	}
	if c.Info == nil {
		c.Info = func(string, ...any) {}
	}
	if c.Warn == nil {
		c.Warn = func(string, ...any) {}
	}
	c.Backoff = c.Backoff.withDefaults()
	return c
}
