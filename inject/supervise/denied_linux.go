package supervise

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func withoutDeathSignal(sys *syscall.SysProcAttr) { sys.Pdeathsig = 0 }

// deniedStep is the first of the steps of a fork that is denied, and how; "" is
// none. Each is tried in a way that changes nothing, and fails by itself otherwise.
func deniedStep(sys *syscall.SysProcAttr) (string, error) {
	child := func(step syscall.SysProcAttr) error { // it ends where it cannot change its folder
		_, err := syscall.ForkExec("/", nil, &syscall.ProcAttr{Dir: "/dev/null/none", Sys: &step})
		switch err {
		case syscall.ENOTDIR, syscall.ENOENT, syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE:
			return nil
		}
		return err
	}
	ioctl := func(request uint) error {
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, ^uintptr(0), uintptr(request), 0); errno != unix.EBADF {
			return errno
		}
		return nil
	}
	var now int32
	for _, step := range []struct {
		name   string
		wanted bool
		try    func() error
	}{
		{stepFork, true, func() error { return child(syscall.SysProcAttr{}) }},
		{stepSession, sys.Setsid, func() error { return child(syscall.SysProcAttr{Setsid: true}) }},
		{stepGroup, sys.Setpgid || sys.Foreground, func() error { return child(syscall.SysProcAttr{Setpgid: true}) }},
		{stepForeground, sys.Foreground, func() error { return ioctl(unix.TIOCSPGRP) }},
		{stepTerminal, sys.Setctty, func() error { return ioctl(unix.TIOCSCTTY) }},
		{stepDeathSignal, sys.Pdeathsig != 0, func() error {
			_ = unix.Prctl(unix.PR_GET_PDEATHSIG, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
			return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(now), 0, 0, 0)
		}},
	} {
		if step.wanted {
			if err := step.try(); err != nil {
				return step.name, err
			}
		}
	}
	return "", nil
}
