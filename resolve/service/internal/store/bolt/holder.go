package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// describeHolders names the processes that hold the lock: from the kernel's list,
// else by the pid that a writer leaves in the lock file. "": not known.
func describeHolders(dir string) string {
	var pids []int
	for _, name := range []string{"lock", "queue"} {
		if pids = lockPIDs(filepath.Join(dir, name)); len(pids) > 0 {
			break
		}
	}
	if len(pids) == 0 {
		text, _ := os.ReadFile(filepath.Join(dir, "lock"))
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			pids = []int{pid}
		}
	}
	var names []string
	for _, pid := range pids {
		if len(names) == 3 {
			names = append(names, fmt.Sprintf("and %d more", len(pids)-3))
			break
		}
		names = append(names, describePID(pid))
	}
	return strings.Join(names, ", ")
}

func describePID(pid int) string {
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return fmt.Sprintf("process %d", pid)
	}
	return fmt.Sprintf("process %d (%s)", pid, strings.TrimSpace(string(comm)))
}

// parseLocks finds the processes that hold the file with this inode in the text
// of /proc/locks. Waiting ones are marked with "->" and are skipped.
//
//	1: FLOCK  ADVISORY  WRITE 1234 08:01:131 0 EOF
func parseLocks(text string, inode uint64) []int {
	var pids []int
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "FLOCK" {
			continue
		}
		dev := strings.Split(f[5], ":")
		pid, err := strconv.Atoi(f[4])
		if len(dev) == 3 && dev[2] == strconv.FormatUint(inode, 10) && err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}
