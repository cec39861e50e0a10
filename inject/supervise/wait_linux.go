package supervise

import (
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// threadWaiter waits in sigtimedwait(2), as an init in C does: a signal then
// costs one wake-up instead of the three between a Go handler, the runtime's
// own loop and a goroutine.
//
// It works in the process's first thread, which the kernel prefers for signals
// to the process, as long as that thread wants them: so they are blocked there,
// and waited for. While that thread is at work elsewhere, other threads take
// them in Go's handlers; these come by the channel, and nothing is lost.
type threadWaiter struct {
	set, before unix.Sigset_t
	pid, tid    int
	caught      []syscall.Signal
	signals     chan os.Signal

	mu   sync.Mutex
	came []arrival // by the channel
}

// newWaiter must be called by a goroutine that is locked to its thread.
func newWaiter(signals []syscall.Signal) waiter {
	w := &threadWaiter{pid: unix.Getpid(), tid: unix.Gettid(), caught: signals, signals: make(chan os.Signal, 1024)}
	if w.pid != w.tid {
		return newChannelWaiter(signals)
	}
	notify(w.signals, signals, true)
	word := 8 * int(unsafe.Sizeof(w.set.Val[0]))
	for _, sig := range signals {
		w.set.Val[int(sig-1)/word] |= 1 << (int(sig-1) % word)
	}
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &w.set, &w.before); err != nil {
		return newChannelWaiter(signals)
	}
	return w
}

func (w *threadWaiter) rest() {
	notify(w.signals, w.caught, false)
	go w.collect()
}

// collect takes what Go's handlers caught.
func (w *threadWaiter) collect() {
	for sig := range w.signals {
		w.mu.Lock()
		w.came = append(w.came, arrival{Signal: sig.(syscall.Signal)})
		w.mu.Unlock()
		w.kick()
	}
}

func (w *threadWaiter) wait(until time.Time) []arrival {
	var timeout *unix.Timespec
	if !until.IsZero() {
		t := unix.NsecToTimespec(max(time.Until(until).Nanoseconds(), 0))
		timeout = &t
	}
	var info unix.Siginfo
	sig, _, errno := unix.Syscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&w.set)), uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(timeout)), 8, 0, 0)
	w.mu.Lock()
	came := w.came
	w.came = nil
	w.mu.Unlock()
	if errno == 0 {
		came = append(came, arrival{syscall.Signal(sig), info.Code <= 0}) // above are the kernel's own
	}
	return came
}

// kick sends the thread a signal of its own, which waits until it is asked for.
func (w *threadWaiter) kick() { _ = unix.Tgkill(w.pid, w.tid, unix.SIGCHLD) }

func (w *threadWaiter) unmasked(fn func()) {
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &w.before, nil)
	fn()
	_ = unix.PthreadSigmask(unix.SIG_BLOCK, &w.set, nil)
}

// stopping unblocks CONT here, too: the kernel drops none that is blocked in the
// first thread.
func (w *threadWaiter) stopping(fn func()) {
	w.unmasked(func() { uncaught(w.signals, fn) })
}
