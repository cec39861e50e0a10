package filewatch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// watchesWays: a watch costs an entry in a table of the kernel.
const watchesWays = true

// identity is of a file or folder, by whatever path.
type identity struct{ device, inode uint64 }

func identify(_ string, info os.FileInfo) identity {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return identity{uint64(s.Dev), s.Ino}
	}
	return identity{}
}

// unreliable names the file system of a path if changes there may come without an
// event: those by another machine, or by the file system itself.
func unreliable(path string) string {
	var s syscall.Statfs_t
	if syscall.Statfs(path, &s) != nil {
		return ""
	}
	switch uint32(s.Type) { // see statfs(2)
	case 0x6969:
		return "NFS"
	case 0x517b, 0xff534d42, 0xfe534d42:
		return "SMB"
	case 0x65735546:
		return "FUSE" // virtiofs, too
	case 0x01021997:
		return "9p"
	case 0x00c36400:
		return "Ceph"
	case 0x5346414f, 0x6b414653:
		return "AFS"
	case 0x0bd00bd0:
		return "Lustre"
	case 0x47504653:
		return "GPFS"
	case 0x01161970:
		return "GFS2"
	case 0x7461636f:
		return "OCFS2"
	case 0x73757245:
		return "Coda"
	case 0x786f4256:
		return "vboxsf"
	case 0xbacbacbc:
		return "vmhgfs"
	case 0x9fa0:
		return procfs
	case 0x62656572:
		return "sysfs"
	case 0x27e0eb, 0x63677270:
		return "cgroup"
	}
	return ""
}

const procfs = "proc"

// explain says of an error of the kernel which limit was reached.
func explain(path string, err error) error {
	switch {
	case errors.Is(err, syscall.EMFILE):
		if null, err := os.Open(os.DevNull); err != nil {
			return errors.New("too many files are open; raise ulimit -n")
		} else {
			null.Close()
		}
		return errors.New("all inotify instances of this user are in use; raise sysctl fs.inotify.max_user_instances")
	case errors.Is(err, syscall.ENOSPC):
		return errors.New("all inotify watches of this user are in use; raise sysctl fs.inotify.max_user_watches")
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s cannot be read", path)
	}
	return err
}

// mounts tells of mounts, of which inotify does not: one may hide a file, or a
// folder on the way to it.
type mounts struct {
	changed chan struct{} // nil: it cannot be known
	table   *os.File
	stop    chan struct{}
	done    chan struct{}
}

// settle is for the events of inotify that belong to an unmount, and limits the
// work where containers are started one after the other.
const settle = 100 * time.Millisecond

func watchMounts() *mounts {
	table, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return &mounts{}
	}
	raw, err := table.SyscallConn()
	if err != nil {
		table.Close()
		return &mounts{}
	}
	m := &mounts{make(chan struct{}, 1), table, make(chan struct{}), make(chan struct{})}
	ready := make(chan struct{})
	go func() {
		defer close(m.done)
		// It is always readable, and each change an edge. One Read sees them all:
		// those between two would be lost.
		first := true
		_ = raw.Read(func(uintptr) bool {
			if first {
				first = false
				close(ready)
			} else {
				m.tell()
			}
			return false
		})
	}()
	select {
	case <-ready:
	case <-m.done:
	}
	return m
}

func (m *mounts) tell() {
	select {
	case <-m.stop:
		return
	case <-time.After(settle):
	}
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

func (m *mounts) close() {
	if m.changed != nil {
		close(m.stop)
		m.table.Close()
		<-m.done
	}
}
