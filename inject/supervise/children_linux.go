package supervise

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// children lists our children. Where there are none, as is usual when a command
// has ended, that is one system call. Not every kernel lists them for a process
// (CONFIG_PROC_CHILDREN), so all processes are looked at.
func children() (all []process, err error) {
	if unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil) == unix.ECHILD {
		return nil, nil
	}
	self, err := os.Readlink("/proc/self") // as /proc numbers us
	if err != nil {
		return nil, err
	}
	depth := 0
	if self != strconv.Itoa(unix.Getpid()) { // it is that of another namespace, as in unshare --pid
		if depth = len(numbers(self, "NSpid:")) - 1; depth < 1 {
			return nil, os.ErrInvalid
		}
	}
	names, err := readNames("/proc")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		stat, _ := os.ReadFile("/proc/" + name + "/stat") // it may be gone
		// The name of a program is anything, in parentheses.
		fields := strings.Fields(string(stat[min(len(stat), 1+strings.LastIndexByte(string(stat), ')')):]))
		if len(fields) < 3 || fields[1] != self {
			continue
		}
		pid, group := name, fields[2]
		if depth > 0 {
			pids, groups := numbers(name, "NSpid:"), numbers(name, "NSpgid:")
			if len(pids) <= depth || len(groups) <= depth {
				continue
			}
			pid, group = pids[depth], groups[depth]
		}
		var p process
		if p.pid, err = strconv.Atoi(pid); err != nil {
			continue
		}
		p.group, _ = strconv.Atoi(group)
		all = append(all, p)
	}
	return all, nil
}

func readNames(path string) ([]string, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}

// numbers are those of a process, or of its group, in each of its namespaces,
// the innermost last.
func numbers(pid, field string) []string {
	status, _ := os.ReadFile("/proc/" + pid + "/status")
	lines := strings.Split(string(status), "\n")
	i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, field) })
	if i < 0 {
		return nil
	}
	return strings.Fields(lines[i])[1:]
}
