//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startChild starts squire with this program as its command, and returns when
// that is ready: see child for what comes by the pipe then.
func (h *house) startChild(args ...string) (*exec.Cmd, *os.File, error) {
	self, err := filepath.EvalSymlinks("/proc/self/exe")
	if err != nil {
		return nil, nil, err
	}
	times, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	cmd := h.squire(append(args, "--", self, "child")...)
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	w.Close()
	if err != nil {
		times.Close()
		return nil, nil, err
	}
	if _, err := received(times); err != nil {
		times.Close()
		stop(cmd)
		return nil, nil, fmt.Errorf("the command does not run: %w", err)
	}
	return cmd, times, nil
}

// received is a time that a child has written.
func received(r *os.File) (int64, error) {
	if err := r.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return 0, err
	}
	var b [8]byte
	_, err := io.ReadFull(r, b[:])
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errors.New("nothing in 10 seconds")
	}
	return int64(binary.NativeEndian.Uint64(b[:])), err
}

// child tells on descriptor 3 when it is ready, and when it has a TERM.
func child() {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	to := os.NewFile(3, "times")
	tell := func(at int64) {
		if _, err := to.Write(binary.NativeEndian.AppendUint64(nil, uint64(at))); err != nil {
			os.Exit(1)
		}
	}
	tell(now())
	<-term
	tell(now())
}

// now is the clock that all processes share.
func now() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}
