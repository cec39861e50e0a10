//go:build unix

package stream

import (
	"fmt"
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// openTerminal makes a pseudo-terminal that is set as like is: where we are in
// the background, like is set for somebody else, such as a shell's line editor,
// and the new one stays as the kernel has made it. If it is only for output, it
// leaves the bytes as they are: like will do with them what it does.
func openTerminal(like *os.File, input bool) (ours, child *os.File, err error) {
	blocking, child, err := pty.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("there is no terminal for it (/dev/ptmx): %w", err)
	}
	defer blocking.Close()
	copySize(like, blocking)
	from := like
	if !foreground(int(like.Fd())) {
		from = child
	}
	if mode, err := unix.IoctlGetTermios(int(from.Fd()), getMode); err == nil {
		if !input {
			mode.Oflag &^= unix.OPOST
		}
		_ = unix.IoctlSetTermios(int(child.Fd()), setMode, mode)
	}
	fd, err := duplicate(blocking)
	if err != nil {
		_ = child.Close()
		return nil, nil, err
	}
	return os.NewFile(uintptr(fd), "pseudo-terminal"), child, nil
}

// duplicate gives another descriptor of a file, which does not block.
func duplicate(f *os.File) (fd int, err error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	if e := raw.Control(func(of uintptr) { fd, err = unix.FcntlInt(of, unix.F_DUPFD_CLOEXEC, 0) }); e != nil {
		return -1, e
	}
	if err != nil {
		return -1, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func copySize(from, to *os.File) {
	size, err := unix.IoctlGetWinsize(int(from.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return
	}
	if raw, err := to.SyscallConn(); err == nil { // not Fd, which makes it block
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size) })
	}
}

func foreground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// stopper is the key that we have to stop the command at, if there is one: that
// which stops, if the command has left this to its terminal and is itself in
// the foreground. It leads its session, so that the kernel stops it at no key.
// A shell that has put a job there gets the key, and so does an editor.
func (k *keyboard) stopper() (key byte, ok bool) {
	mode, err := unix.IoctlGetTermios(k.pty, getMode)
	if err != nil || mode.Lflag&unix.ISIG == 0 {
		return 0, false
	}
	group, err := unix.IoctlGetInt(k.pty, unix.TIOCGPGRP)
	if err != nil {
		return 0, false
	}
	leader, err := unix.Getsid(group)
	key = mode.Cc[unix.VSUSP]
	return key, err == nil && leader == group && key != noKey
}
