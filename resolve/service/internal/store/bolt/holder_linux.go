package bolt

import (
	"os"
	"syscall"
)

func lockPIDs(path string) []int {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	text, err := os.ReadFile("/proc/locks")
	if err != nil || !ok {
		return nil
	}
	return parseLocks(string(text), st.Ino)
}
