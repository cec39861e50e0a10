package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// deniable are what a filter may deny: a system call, or one of its requests.
var deniable = map[string]struct {
	nr, arg int // which argument must be value; -1: none
	value   uint32
}{
	"pdeathsig":    {unix.SYS_PRCTL, 0, unix.PR_SET_PDEATHSIG},
	"subreaper":    {unix.SYS_PRCTL, 0, unix.PR_SET_CHILD_SUBREAPER},
	"dumpable":     {unix.SYS_PRCTL, 0, unix.PR_SET_DUMPABLE},
	"tiocspgrp":    {unix.SYS_IOCTL, 1, unix.TIOCSPGRP},
	"tiocsctty":    {unix.SYS_IOCTL, 1, unix.TIOCSCTTY},
	"clone":        {unix.SYS_CLONE, 0, unix.CLONE_VFORK | unix.CLONE_VM | uint32(unix.SIGCHLD)},
	"setpgid":      {unix.SYS_SETPGID, -1, 0},
	"setsid":       {unix.SYS_SETSID, -1, 0},
	"execve":       {unix.SYS_EXECVE, -1, 0},
	"sigtimedwait": {unix.SYS_RT_SIGTIMEDWAIT, -1, 0},
	"ppoll":        {unix.SYS_PPOLL, -1, 0},
	"sigqueue":     {unix.SYS_RT_TGSIGQUEUEINFO, -1, 0},
	"pidfd":        {unix.SYS_PIDFD_OPEN, -1, 0},
	"clone3":       {unix.SYS_CLONE3, -1, 0},
	"waitid":       {unix.SYS_WAITID, -1, 0},
	"prlimit":      {unix.SYS_PRLIMIT64, -1, 0},
	"inotify":      {unix.SYS_INOTIFY_INIT1, -1, 0},
	"ptmx":         {unix.SYS_IOCTL, 1, unix.TIOCGPTN},
	"socket":       {unix.SYS_SOCKET, -1, 0},
	"sigprocmask":  {unix.SYS_RT_SIGPROCMASK, -1, 0},
}

// childDenied denies what args[0] names, NAME=ERRNO,…, and becomes what follows "--". A
// filter stays in force for whatever is started.
func childDenied(args []string) int {
	runtime.LockOSThread()
	errnos := map[string]syscall.Errno{"EPERM": unix.EPERM, "ENOSYS": unix.ENOSYS, "EACCES": unix.EACCES, "EAGAIN": unix.EAGAIN}
	statement := func(code uint16, k uint32) unix.SockFilter { return unix.SockFilter{Code: code, K: k} }
	unless := func(k uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: k, Jf: skip}
	}
	const load, ret = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_RET | unix.BPF_K
	var filter []unix.SockFilter
	late := false
	for rule := range strings.SplitSeq(args[0], ",") {
		name, errno, _ := strings.Cut(rule, "=")
		d, ok := deniable[name]
		if !ok || errnos[errno] == 0 {
			return 125
		}
		late = late || name == "execve"
		deny := statement(ret, unix.SECCOMP_RET_ERRNO|uint32(errnos[errno]))
		filter = append(filter, statement(load, 0))
		if d.arg < 0 {
			filter = append(filter, unless(uint32(d.nr), 1), deny)
		} else {
			filter = append(filter, unless(uint32(d.nr), 3), statement(load, 16+8*uint32(d.arg)), unless(d.value, 1), deny)
		}
	}
	filter = append(filter, statement(ret, unix.SECCOMP_RET_ALLOW))
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	path, err := exec.LookPath(args[2])
	if err != nil || unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != nil ||
		unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0) != nil {
		return 125
	}
	_ = syscall.Exec(path, args[2:], os.Environ())
	return 125
}
