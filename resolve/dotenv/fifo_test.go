//go:build unix

package dotenv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

func mkfifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	return path
}

// A FIFO is found without being opened, and read once, to the end of what its writer writes in parts.
func TestFIFO(t *testing.T) {
	path := mkfifo(t)
	if got, err := Find(filepath.Dir(path), ".env"); err != nil || filepath.Base(got) != ".env" {
		t.Fatalf("got %s, %v", got, err)
	}
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return // the reader fails
		}
		defer w.Close()
		for i := range 1000 {
			fmt.Fprintf(w, "A%d=1\n", i)
		}
	}()
	data, err := ReadFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if vars, err := Parse(data, Options{}); len(vars) != 1000 || err != nil {
		t.Errorf("%d variables, %v", len(vars), err)
	}
}

// A FIFO is opened only once: its writer would lose the data that it writes after the first open.
func TestFIFOIsOpenedOnce(t *testing.T) {
	path := mkfifo(t)
	for range 200 {
		wrote := make(chan error, 1)
		go func() {
			w, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err == nil {
				_, err = w.WriteString("A=1")
				w.Close()
			}
			wrote <- err
		}()
		time.Sleep(50 * time.Microsecond) // mostly enough for the writer to wait; it passes without
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		data, err := ReadFile(ctx, path)
		cancel()
		if err := errors.Join(err, <-wrote); err != nil || string(data) != "A=1" {
			t.Fatalf("got %q, %v", data, err)
		}
	}
}

// The shell's <(command) is a pipe, named by its file descriptor.
func TestDescriptor(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip(err)
	}
	if _, err := w.WriteString("A=1"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if data, err := ReadFile(t.Context(), path); err != nil || string(data) != "A=1" {
		t.Errorf("got %q, %v", data, err)
	}
}

// A FIFO without a writer, and one whose writer writes nothing: reading both ends with ctx, and no goroutine remains.
func TestFIFOWithoutWriter(t *testing.T) {
	for _, silent := range []bool{false, true} {
		before := runtime.NumGoroutine()
		path := mkfifo(t)
		if silent {
			if runtime.GOOS != "linux" {
				continue // not all systems can poll a FIFO: then the goroutine remains until the writer ends
			}
			w, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := ReadFile(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("silent %v: got %v", silent, err)
		}
		for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("silent %v: a goroutine remains", silent)
			}
		}
	}
}

// A writer that does not end is an error after MaxFile bytes.
func TestEndlessFIFO(t *testing.T) {
	path := mkfifo(t)
	go func() {
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			defer w.Close()
			for chunk := make([]byte, 1<<20); err == nil; {
				_, err = w.Write(chunk)
			}
		}
	}()
	if data, err := ReadFile(t.Context(), path); !errors.Is(err, ErrTooLarge) || data != nil {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
}

func TestSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "s") // a short path: a socket's may have 104 bytes on some systems
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	if _, err := ReadFile(t.Context(), path); !errors.Is(err, ErrNotFile) {
		t.Errorf("got %v", err)
	}
}
