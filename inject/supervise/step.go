//go:build linux && (amd64 || arm64)

package supervise

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/signals"
	"github.com/squire-env/squire/resolve"
)

// A step is what this program does between a fork and the command, where Go's
// fork cannot: it has signals ignored that Go resets, and knows the command's pid,
// which is its own. It is needed only where squire was started to ignore a signal
// that it catches, or with variables that name its pid.
type step struct {
	ignored, blocked signals.Set
	parent, thread   int      // of the parent, which waits for CHLD
	dies             bool     // with its parent
	pids             []string // variables that are to name the pid
}

const stepName = "squire: to become the command" // as argv[0]

func (s step) argv(path string, argv []string) []string {
	return append([]string{stepName, strconv.FormatUint(uint64(s.ignored), 10), strconv.FormatUint(uint64(s.blocked), 10), strconv.Itoa(s.parent), strconv.Itoa(s.thread), strconv.FormatBool(s.dies), strings.Join(s.pids, ","), path}, argv...)
}

// Step must be called by main before anything else, with os.Args. It returns
// unless this process is a step, which becomes the command or ends here.
func Step(args []string) {
	if len(args) < 9 || args[0] != stepName {
		return
	}
	ignored, _ := strconv.ParseUint(args[1], 10, 64)
	signals.Reset(signals.Set(ignored))
	runtime.LockOSThread() // whose mask it is
	parent, _ := strconv.Atoi(args[3])
	thread, _ := strconv.Atoi(args[4])
	_ = unix.Tgkill(parent, thread, unix.SIGCHLD)
	if args[5] == "true" {
		dieWith(parent)
	}
	environ := withPID(swapGo(environWithoutOurs()), strings.Split(args[6], ","))
	blocked, _ := strconv.ParseUint(args[2], 10, 64)
	signals.Block(signals.Set(blocked))
	err := inject.Exec(args[7], args[8:], environ)
	fmt.Fprintln(os.Stderr, "squire: error:", err)
	if hint := resolve.Hint(err); hint != "" {
		fmt.Fprintln(os.Stderr, "squire: hint:", hint)
	}
	os.Exit(startCode(err))
}

// dieWith asks for a death signal once more: the kernel has forgotten it if the
// file of this program has capabilities.
func dieWith(parent int) {
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
	if unix.Getppid() != parent {
		_ = unix.Kill(unix.Getpid(), unix.SIGKILL)
	}
}

// swapGo hides the command's variables whose names begin with GO from the step,
// where Go's runtime would obey some, and print what it cannot read; or shows them
// again. Entries keep their length, which may be the highest that is allowed.
func swapGo(environ []string) []string {
	environ = slices.Clone(environ)
	for i, entry := range environ {
		if rest, ok := strings.CutPrefix(entry, "GO"); ok {
			environ[i] = hiddenGo + rest
		} else if rest, ok := strings.CutPrefix(entry, hiddenGo); ok {
			environ[i] = "GO" + rest
		}
	}
	return environ
}

const hiddenGo = "\xb7O" // no text begins so

// environWithoutOurs is without what the runtime adds to a program that has
// capabilities by its file.
func environWithoutOurs() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool { return entry == "GOTRACEBACK=none" })
}

// withPID has variables name this process. What systemd says of its pid beside
// LISTEN_PID is not needed, and would be wrong.
func withPID(environ, names []string) []string {
	for i, entry := range environ {
		if name, _, _ := strings.Cut(entry, "="); slices.Contains(names, name) {
			environ[i] = name + "=" + strconv.Itoa(os.Getpid())
		}
	}
	if !slices.Contains(names, "LISTEN_PID") {
		return environ
	}
	return slices.DeleteFunc(environ, func(entry string) bool { return strings.HasPrefix(entry, "LISTEN_PIDFDID=") })
}
