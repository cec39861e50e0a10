package stream_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/inject/mask/stream"
)

// reader takes what comes out of a pipe until it ends.
type reader struct {
	w    *os.File
	text chan string
}

func newReader(t *testing.T) *reader {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out := &reader{w, make(chan string, 1)}
	go func() {
		defer r.Close()
		text, _ := io.ReadAll(r)
		out.text <- string(text)
	}()
	return out
}

func (r *reader) end() string {
	r.w.Close()
	return <-r.text
}

func run(t *testing.T, s *stream.Streams, args ...string) {
	t.Helper()
	pid, err := start(s, args...)
	if err != nil {
		t.Fatal(err)
	}
	wait(pid)
	s.Ended(nil)
}

func TestPipes(t *testing.T) {
	out, errs := newReader(t), newReader(t)
	s := stream.New(stream.Config{Mask: masker(), Stdin: os.Stdin, Stdout: out.w, Stderr: errs.w})
	defer s.Close()
	run(t, s, `printf 's3cr'; printf 'et-value, s3cr' >&2; printf 'et-value\nend s3c'`)
	run(t, s, `[ -t 1 ] || echo; echo "not a terminal"; printf %s czNjcmV0LXZhbHVl`)
	if d := cmp.Diff("[redacted]\nend s3c\nnot a terminal\n[redacted]", out.end()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if got := errs.end(); got != "et-value, s3cr" {
		t.Errorf("stderr: %q", got)
	}
}

// 2>&1: what is written to one and the other stays in its order.
func TestOnePipe(t *testing.T) {
	out := newReader(t)
	fd, err := syscall.Dup(int(out.w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	other := os.NewFile(uintptr(fd), "other")
	s := stream.New(stream.Config{Mask: masker(), Stdout: out.w, Stderr: other})
	var want strings.Builder
	for i := range 100 {
		want.WriteString(strconv.Itoa(i) + "\n")
	}
	run(t, s, `i=0; while [ $i -lt 100 ]; do echo $i; i=$((i+1)); echo $i >&2; i=$((i+1)); done`)
	other.Close()
	if d := cmp.Diff(want.String(), out.end()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestClosedStreams(t *testing.T) {
	out := newReader(t)
	s := stream.New(stream.Config{Mask: masker(), Stdout: out.w})
	run(t, s, `[ -e /proc/$$/fd/0 ] || echo no 0; [ -e /proc/$$/fd/2 ] || echo no 2`)
	if got := out.end(); got != "no 0\nno 2\n" {
		t.Errorf("%.200q", got)
	}
}

// What a command leaves behind holds its pipe, and may write without end.
func TestOrphans(t *testing.T) {
	for name, orphan := range map[string]string{"silent": "sleep 1000", "writing": "yes"} {
		t.Run(name, func(t *testing.T) {
			out, errs := newReader(t), newReader(t)
			s := stream.New(stream.Config{Mask: masker(), Stdout: out.w, Stderr: errs.w})
			run(t, s, orphan+` & echo $! >&2; echo last words, s3cret-value`)
			pid, err := strconv.Atoi(strings.TrimSpace(errs.end()))
			if err != nil {
				t.Fatal(err)
			}
			_ = syscall.Kill(pid, syscall.SIGKILL)
			if got := out.end(); !strings.Contains(got, "last words, [redacted]\n") {
				t.Errorf("%.100q", got)
			}
		})
	}
}

// Nobody reads our output any more: the command hears that as it always does.
func TestNobodyReads(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s := stream.New(stream.Config{Mask: masker(), Stdout: w})
	pid, err := start(s, "exec yes")
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if status := wait(pid); !status.Signaled() || status.Signal() != syscall.SIGPIPE {
		t.Errorf("status %x", status)
	}
	s.Ended(nil)
}

// Our output is full: the command waits, as it would without us.
func TestFullOutput(t *testing.T) {
	const size = 1 << 20
	for _, how := range []string{"it goes on", "timeout", "Close"} {
		t.Run(how, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			timeouts := make(chan chan time.Time, 100)
			s := stream.New(stream.Config{Mask: masker(), Stdout: w, DrainTimeout: time.Hour, After: func(d time.Duration) <-chan time.Time {
				c := make(chan time.Time, 1)
				if d == time.Hour {
					timeouts <- c
				}
				return c
			}})
			pid, err := start(s, "head -c 1048576 /dev/zero; exec sleep 1000")
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			if how == "it goes on" {
				got = read(t, r, size-1<<17) // the rest is in two pipes and a buffer
			} else {
				got = read(t, r, 1<<18)
			}
			_ = syscall.Kill(pid, syscall.SIGKILL)
			wait(pid)
			ended := make(chan struct{})
			go func() { s.Ended(nil); close(ended) }()
			switch how {
			case "it goes on":
				(<-timeouts) <- time.Time{}
				rest := make(chan int)
				go func() { b, _ := io.ReadAll(r); rest <- len(b) }()
				<-ended
				w.Close()
				got += <-rest
				// The kill may have come before head had written all.
				if got > size || got < size-1<<17 {
					t.Errorf("%d bytes of %d", got, size)
				}
			case "timeout":
				for done := false; !done; {
					select {
					case c := <-timeouts:
						c <- time.Time{}
					case <-ended:
						done = true
					}
				}
			case "Close":
				<-timeouts // it waits
				s.Close()
				<-ended
			}
			r.Close() // ends the one that still writes
		})
	}
}

func read(t *testing.T, r io.Reader, n int) int {
	t.Helper()
	n, err := io.ReadFull(r, make([]byte, n))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A prompt that is the beginning of a value is shown when nothing follows.
func TestPrompt(t *testing.T) {
	in, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	idle := make(chan chan time.Time, 10)
	s := stream.New(stream.Config{Mask: masker(), Stdin: in, Stdout: w, Idle: time.Minute, After: func(d time.Duration) <-chan time.Time {
		c := make(chan time.Time, 1)
		if d == time.Minute {
			idle <- c
		}
		return c
	}})
	pid, err := start(s, `printf 's3c'; read x; printf 'ret-value.'; read x`)
	if err != nil {
		t.Fatal(err)
	}
	in.Close()
	(<-idle) <- time.Time{}
	buf := make([]byte, 100)
	if n, err := r.Read(buf); err != nil || string(buf[:n]) != "s3c" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	_, _ = typed.Write([]byte("\n"))
	if n, err := r.Read(buf); err != nil || string(buf[:n]) != "[redacted]." {
		t.Errorf("%q, %v", buf[:n], err)
	}
	typed.Close()
	wait(pid)
	s.Ended(nil)
	w.Close()
	if rest, _ := io.ReadAll(r); len(rest) > 0 {
		t.Errorf("%q", rest)
	}
}

func TestStartFails(t *testing.T) {
	out := newReader(t)
	before := descriptors(t)
	s := stream.New(stream.Config{Mask: masker(), Stdout: out.w, Stderr: out.w})
	if _, err := start(s, "/nonexistent", "x"); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
	if after := descriptors(t); before != after {
		t.Errorf("%d descriptors, and then %d", before, after)
	}
	s.Close()
	out.end()
}

// TestRestarts: a thousand commands leave nothing behind, on pipes and on terminals.
func TestRestarts(t *testing.T) {
	tty := screen(t)
	out := newReader(t)
	for name, s := range map[string]*stream.Streams{
		"pipes":            stream.New(stream.Config{Mask: masker(), Stdin: os.Stdin, Stdout: out.w, Stderr: tty}),
		"an output":        stream.New(stream.Config{Mask: masker(), Stdin: os.Stdin, Stdout: tty, Stderr: tty}),
		"a whole terminal": stream.New(stream.Config{Mask: masker(), Stdin: tty, Stdout: tty, Stderr: tty}),
	} {
		t.Run(name, func(t *testing.T) {
			run(t, s, "/bin/true", "true")
			before := descriptors(t)
			for range 334 {
				run(t, s, "/bin/echo", secret)
			}
			if after := descriptors(t); before != after {
				t.Errorf("%d descriptors, and then %d", before, after)
			}
			s.Close()
		})
	}
	if got := out.end(); strings.Count(got, "[redacted]\n") != 334 || strings.Contains(got, secret) {
		t.Errorf("%.200q", got)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

// screen is a terminal that somebody looks at.
func screen(t *testing.T) *os.File {
	t.Helper()
	ptm, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		var b bytes.Buffer
		_, _ = b.ReadFrom(ptm)
		if strings.Contains(b.String(), secret) {
			t.Error("a value is on the screen")
		}
	}()
	t.Cleanup(func() {
		tty.Close()
		<-seen
		ptm.Close()
	})
	return tty
}
