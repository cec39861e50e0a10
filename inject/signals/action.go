//go:build linux && (amd64 || arm64)

package signals

import (
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// action is the kernel's struct sigaction.
type action struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     Set
}

const (
	sigDefault = 0
	sigIgnore  = 1
)

func sigaction(sig syscall.Signal, to, from *action) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(from)), unsafe.Sizeof(to.mask), 0, 0)
	return errno == 0
}

// IsIgnored says whether a signal is ignored now. A process that Go's runtime
// forks ignores it, too.
func IsIgnored(sig syscall.Signal) bool {
	var now action
	return sigaction(sig, nil, &now) && now.handler == sigIgnore
}

// Ignore has this process ignore signals, without Go's knowledge: a process that
// Go forks handles by default those that Go has a handler for.
func Ignore(all Set) {
	for sig := range all.All() {
		sigaction(sig, &action{handler: sigIgnore}, nil)
	}
}

// Reset has this process ignore these signals and handle all others by default, as
// after an exec: one that waits must not come to Go, which would drop it or print
// its goroutines. Go's runtime then notices no faults of its own any more.
func Reset(ignored Set) {
	for sig := syscall.Signal(1); sig <= Last; sig++ {
		sigaction(sig, &action{handler: sigDefault}, nil)
	}
	Ignore(ignored)
}

// Inherited is what this process was started with.
func Inherited() Start {
	if entered {
		return Start{ignored, blocked, true}
	}
	var s Start
	for sig := syscall.Signal(1); sig <= Last; sig++ {
		if IsIgnored(sig) {
			s.Ignored |= Of(sig)
		}
	}
	return s.guess(os.LookupEnv)
}

// HandOn prepares for an exec by this goroutine: the program will ignore and
// block what was ignored and blocked at that start.
func (s Start) HandOn() {
	Ignore(s.Ignored)
	if s.Complete && s.Blocked != 0 {
		runtime.LockOSThread() // whose mask it is
		Block(s.Blocked)
	}
}

// Block has this thread block these signals and no others. It returns what was
// blocked before.
func Block(all Set) (before Set) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&before)), unsafe.Sizeof(all), 0, 0)
	return before
}
