//go:build unix

package config

import (
	"io/fs"
	"os"
	"syscall"
)

// isOwn is true of files of the caller and of root.
func isOwn(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && (s.Uid == 0 || int(s.Uid) == os.Geteuid())
}
