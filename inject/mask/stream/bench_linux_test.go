package stream_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/squire-env/squire/inject/mask"
	"github.com/squire-env/squire/inject/mask/stream"
	"github.com/squire-env/squire/resolve"
)

// BenchmarkTerminal is cat on a terminal: its own; a pseudo-terminal that a
// plain loop copies there; and one that goes through a mask.
func BenchmarkTerminal(b *testing.B) {
	line := "2026-11-24T15:04:05Z info handled request method=GET path=/v1/items/42 status=200 took=312µs id=4f9a1c\n"
	path := filepath.Join(b.TempDir(), "text")
	text := bytes.Repeat([]byte(line), 16<<20/len(line))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	ptm, tty, err := pty.Open()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := term.MakeRaw(int(tty.Fd())); err != nil {
		b.Fatal(err)
	}
	seen := make(chan struct{})
	go func() {
		defer close(seen)
		_, _ = io.Copy(struct{ io.Writer }{io.Discard}, ptm)
	}()
	defer func() { tty.Close(); <-seen; ptm.Close() }()

	b.Run("own", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			cmd := exec.Command("cat", path)
			cmd.Stdout = tty
			if err := cmd.Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("copied", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			cmd := exec.Command("cat", path)
			f, err := pty.Start(cmd)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(struct{ io.Writer }{tty}, struct{ io.Reader }{f})
			f.Close()
			if err := cmd.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprintf("masked/values=%d", n), func(b *testing.B) {
			m := mask.New()
			for i := range n {
				m.Add(resolve.NewValue(fmt.Sprintf("%d-value/of some secret+%d", i*7919, i)))
			}
			s := stream.New(stream.Config{Mask: m, Stdin: tty, Stdout: tty, Stderr: tty})
			defer s.Close()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				pid, err := start(s, "/bin/cat", path)
				if err != nil {
					b.Fatal(err)
				}
				wait(pid)
				s.Ended(nil)
			}
		})
	}
}
