package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/signals"
	"github.com/squire-env/squire/inject/supervise"
)

// child is the test binary as the command that a wrapper runs. What it gets it
// says at descriptor 3.
func child(args []string) int {
	say := os.NewFile(3, "events")
	switch args[0] {
	case "child:signals": // until the signal args[1]
		return childSignals(args[1], func(name string) { fmt.Fprintln(say, name) })
	case "child:group": // the same, with a grandchild
		grandchild := exec.Command("/proc/self/exe", "child:signals", args[1])
		grandchild.ExtraFiles = []*os.File{say}
		if grandchild.Start() != nil {
			return 125
		}
		code := childSignals(args[1], func(name string) { fmt.Fprintln(say, name) })
		_ = grandchild.Wait() // below PID 1 it would be killed, perhaps before it has said what it got
		return code
	case "child:count": // each signal with its number in the file at descriptor 4
		counts := os.NewFile(4, "counts")
		return childSignals("TERM", func(name string) {
			var n [8]byte
			if sig, err := change.ParseSignal(name); err == nil {
				_, _ = counts.ReadAt(n[:], 8*int64(sig))
			}
			fmt.Fprintln(say, name, binary.NativeEndian.Uint64(n[:]))
		})
	case "child:denied": // what args[1] names is denied to what follows "--"
		return childDenied(args[1:])
	case "child:adopts": // what is orphaned below it, which ignores TERM, too
		signal.Ignore(syscall.SIGTERM)
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
		deep := exec.Command("sh", "-c", "(setsid sleep 1000 &); (sleep 1000 &); : >worker")
		deep.ExtraFiles = []*os.File{say}
		_ = deep.Run()
		select {}
	case "child:socket": // what systemd has opened for us, once
		return childSocket()
	case "child:block": // the signals args[1:n] are blocked in what follows "--"
		return childBlock(args[1:])
	case "child:handon": // what follows "--" ignores the signals of the set args[1], and blocks those of args[2]
		return childHandOn(args[1], args[2], args[4:])
	}
	return 125
}

func childSignals(last string, say func(name string)) int {
	runtime.LockOSThread()
	all := signals.Of(supervise.DefaultForward()...)
	signals.Catch(all)
	say("ready")
	for {
		now, _ := signals.Wait(all, time.Time{})
		for sig := range now.All() {
			name := change.SignalName(sig)
			if say(name); name == last {
				return 0
			}
		}
	}
}

func childBlock(args []string) int {
	runtime.LockOSThread()
	var set unix.Sigset_t
	for args[0] != "--" {
		n, err := strconv.Atoi(args[0])
		if err != nil {
			return 125
		}
		set.Val[0] |= 1 << (n - 1)
		args = args[1:]
	}
	if unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil) != nil {
		return 125
	}
	if path, err := exec.LookPath(args[1]); err == nil {
		_ = syscall.Exec(path, args[1:], os.Environ())
	}
	return 125
}

func childHandOn(ignored, blocked string, argv []string) int {
	var h signals.Start
	if _, err := fmt.Sscan(ignored, &h.Ignored); err != nil {
		return 125
	}
	if _, err := fmt.Sscan(blocked, &h.Blocked); err != nil {
		return 125
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return 125
	}
	h.Complete = true
	h.HandOn()
	_ = syscall.Exec(path, argv, os.Environ())
	return 125
}

func childSocket() int {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) || os.Getenv("LISTEN_FDS") != "1" {
		return 125
	}
	l, err := net.FileListener(os.NewFile(3, "socket"))
	if err != nil {
		return 125
	}
	c, err := l.Accept()
	if err != nil {
		return 125
	}
	fmt.Fprintln(c, "hello")
	c.Close()
	return 0
}

// notIgnored has signals that Go does not handle handled by default, here and in
// what is started here.
func notIgnored(all ...syscall.Signal) {
	var byDefault [4]uint64 // a struct sigaction of the kernel's
	for _, sig := range all {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
	}
}
