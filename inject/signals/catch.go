//go:build linux && (amd64 || arm64)

package signals

import (
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What squire_handler uses. It runs in whatever thread a signal comes to, where
// no code of Go's may.
var (
	faults  [Last + 1]uintptr // Go's handlers of the signals by which it notices faults of its own
	process int32             //lint:ignore U1000 squire_handler reads it
	thread  int32             // that waits; 0: none does, and a signal ends the process
	came    uint64            // a Set of those that did not come to that thread by waiting
	sentOf  uint64            // of these, what a process sent
)

// ofFaults are the signals of faults. One that the kernel sends is for Go, which
// makes a panic of it; one that somebody else sends is caught.
const ofFaults = 1<<(unix.SIGILL-1) | 1<<(unix.SIGTRAP-1) | 1<<(unix.SIGBUS-1) | 1<<(unix.SIGFPE-1) | 1<<(unix.SIGSEGV-1) | 1<<(unix.SIGSYS-1)

func handlerAddress() uintptr

// EndByDefault has the signals that end a Go program in its own way end this one
// as they end a program in C: by themselves, without a dump of goroutines; or as
// PID 1, which they cannot end, with 128 and their number. One that is ignored
// stays ignored. Do not use os/signal for these later: Go holds them for handled.
func EndByDefault() {
	ours := ourAction()
	for sig := range Set(ofFaults | Of(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGABRT, unix.SIGSTKFLT, unix.SIGTERM)).All() {
		if entered && !ignored.Has(sig) || !IsIgnored(sig) { // the first spares a system call
			ours.handle(sig)
		}
	}
}

// Catch has these signals wait for Wait, which the calling thread is to call; they
// are blocked there, and passed on by any other thread that one comes to. It
// returns what was blocked before.
func Catch(all Set) (before Set) {
	process = int32(unix.Getpid())
	atomic.StoreInt32(&thread, int32(unix.Gettid()))
	ours := ourAction()
	for sig := range all.All() {
		ours.handle(sig)
	}
	return Block(all &^ ofFaults) // a fault of this thread must not be blocked
}

// ourAction is one of Go's, whose flags, stack and way back are right for us.
func ourAction() (ours action) {
	sigaction(unix.SIGURG, nil, &ours)
	ours.handler = handlerAddress()
	return ours
}

func (ours *action) handle(sig syscall.Signal) {
	if ofFaults&Of(sig) != 0 {
		var old action
		if sigaction(sig, nil, &old); old.handler > sigIgnore && old.handler != ours.handler {
			atomic.StoreUintptr(&faults[sig], old.handler) // before the first can come
		}
	}
	sigaction(sig, ours, nil)
}

// Wait returns the signals of a set that came, and of these the ones that surely
// a process sent; none when it is time, or for no reason. The zero time is never.
func Wait(all Set, until time.Time) (now, sent Set) {
	if now, sent = noted(); now != 0 {
		return now, sent
	}
	var timeout *unix.Timespec
	if !until.IsZero() {
		t := unix.NsecToTimespec(max(time.Until(until).Nanoseconds(), 0))
		timeout = &t
	}
	waitable, info := all&^ofFaults, unix.Siginfo{}
	sig, _, errno := unix.Syscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&waitable)), uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(timeout)), unsafe.Sizeof(all), 0, 0)
	if errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR { // a filter of system calls denies it
		waitUnblocked(waitable, timeout)
	}
	now, sent = noted()
	if errno == 0 {
		now |= Of(syscall.Signal(sig))
		if info.Code <= 0 && info.Code != byKernel {
			sent |= Of(syscall.Signal(sig))
		}
	}
	return now, sent
}

// Await waits until this thread, which blocks a signal, has it from a process, or
// until it is time. It takes those that others have sent before.
func Await(sig syscall.Signal, from int, until time.Time) {
	set, info := Of(sig), unix.Siginfo{}
	sender := (*int32)(unsafe.Add(unsafe.Pointer(&info), 16)) // si_pid
	for {
		timeout := unix.NsecToTimespec(max(time.Until(until).Nanoseconds(), 0))
		_, _, errno := unix.Syscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&timeout)), unsafe.Sizeof(set), 0, 0)
		if errno != 0 && errno != unix.EINTR || errno == 0 && int(*sender) == from {
			return
		}
	}
}

// noted is what the handler has noted. It notes first that a signal was sent.
func noted() (now, sent Set) {
	now = Set(atomic.SwapUint64(&came, 0))
	return now, now & Set(atomic.AndUint64(&sentOf, uint64(^now)))
}

// waitUnblocked has the handler note, in this thread, the first signal that comes.
// Where ppoll is denied, too, one that comes right before the sleep is seen after it.
func waitUnblocked(waitable Set, timeout *unix.Timespec) {
	var mask Set
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, 0, uintptr(unsafe.Pointer(&mask)), unsafe.Sizeof(mask), 0, 0)
	mask &^= waitable
	_, _, errno := unix.Syscall6(unix.SYS_PPOLL, 0, 0, uintptr(unsafe.Pointer(timeout)), uintptr(unsafe.Pointer(&mask)), unsafe.Sizeof(mask), 0)
	if errno == 0 || errno == unix.EINTR {
		return
	}
	pause := unix.NsecToTimespec(int64(50 * time.Millisecond))
	if timeout != nil && timeout.Nano() < pause.Nano() {
		pause = *timeout
	}
	defer Block(Block(mask))
	if atomic.LoadUint64(&came) == 0 {
		_ = unix.Nanosleep(&pause, nil)
	}
}

// byKernel is the code of a signal that another thread has passed on and no
// process has sent: what is above 0 may not be passed on.
const byKernel = -128
