//go:build unix

package supervise

import (
	"os"
	"slices"
	"strconv"
)

// pidNames are the variables by which systemd says whom its others are for: the
// sockets, the watchdog, the process of the service itself.
var pidNames = [...]string{"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"}

// ours are those that name this process, and are to name the command.
func ours(environ []string) (names []string) {
	for _, name := range pidNames {
		if slices.Contains(environ, name+"="+strconv.Itoa(os.Getpid())) {
			names = append(names, name)
		}
	}
	return names
}
