package change

import (
	"errors"
	"strings"
	"syscall"
)

// Action is what a change of the environment does to the command.
type Action struct {
	Kind    Kind
	Signal  syscall.Signal // of Notify
	Command []string       // of Hook: a program and its arguments
}

// Kind is a kind of action. A higher one is stronger: if several sources change
// at once, the strongest action is taken.
type Kind int

const (
	Ignore  Kind = iota // the new environment waits for the next start
	Notify              // a signal to the command, which reads what is new elsewhere
	Hook                // another command runs with the new environment
	Restart             // the command ends, and starts with the new environment
	Exit                // the command ends, and squire with it
)

// ParseAction reads restart, signal:HUP, exit, exec:COMMAND or none. The words
// of COMMAND are split at white space, and no shell sees them.
func ParseAction(text string) (Action, error) {
	word, rest, more := strings.Cut(text, ":")
	switch {
	case word == "none" && !more:
		return Action{Kind: Ignore}, nil
	case word == "restart" && !more:
		return Action{Kind: Restart}, nil
	case word == "exit" && !more:
		return Action{Kind: Exit}, nil
	case word == "signal" && more:
		sig, err := ParseSignal(rest)
		return Action{Kind: Notify, Signal: sig}, err
	case word == "exec" && strings.TrimSpace(rest) != "":
		return Action{Kind: Hook, Command: strings.Fields(rest)}, nil
	}
	return Action{}, errors.New("want restart, signal:NAME, exit, exec:COMMAND or none")
}

// String is what ParseAction reads, without the arguments of a hook.
func (a Action) String() string {
	switch a.Kind {
	case Notify:
		return "signal:" + SignalName(a.Signal)
	case Hook:
		return "exec:" + a.Command[0]
	case Restart:
		return "restart"
	case Exit:
		return "exit"
	}
	return "none"
}

// Stronger is the stronger of two actions, and a where both are of one kind.
func Stronger(a, b Action) Action {
	if b.Kind > a.Kind {
		return b
	}
	return a
}
