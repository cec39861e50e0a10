//go:build linux && (amd64 || arm64)

package supervise

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

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
	pids             []string // variables that are to name the pid
}

const stepName = "squire: to become the command" // as argv[0]

func (s step) argv(path string, argv []string) []string {
	return append([]string{stepName, strconv.FormatUint(uint64(s.ignored), 10), strconv.FormatUint(uint64(s.blocked), 10), strings.Join(s.pids, ","), path}, argv...)
}

// Step must be called by main before anything else, with os.Args. It returns
// unless this process is a step, which becomes the command or ends here.
func Step(args []string) {
	if len(args) < 6 || args[0] != stepName {
		return
	}
	ignored, _ := strconv.ParseUint(args[1], 10, 64)
	blocked, _ := strconv.ParseUint(args[2], 10, 64)
	environ := withPID(os.Environ(), strings.Split(args[3], ","))
	signals.Ignore(signals.Set(ignored))
	runtime.LockOSThread() // whose mask it is
	signals.Block(signals.Set(blocked))
	err := inject.Exec(args[4], args[5:], environ)
	fmt.Fprintln(os.Stderr, "squire: error:", err)
	if hint := resolve.Hint(err); hint != "" {
		fmt.Fprintln(os.Stderr, "squire: hint:", hint)
	}
	os.Exit(startCode(err))
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
