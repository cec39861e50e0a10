//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
)

const (
	plainSize  = 64 << 20
	maskRounds = 7
	password   = "correct-horse/battery+staple"
)

// measureMask is the throughput of output that is looked through for secrets
// and holds none, over the same without squire.
func measureMask(dir string) error {
	h, err := embedded(dir)
	if err != nil {
		return err
	}
	defer h.close()
	if err := h.create("db", "PASSWORD", password); err != nil {
		return err
	}
	var file bytes.Buffer
	for i := range 5 {
		fmt.Fprintf(&file, "TOKEN_%d=%dx7Qp-some-token-of-a-service-%d\n", i, i*7919, i)
	}
	if err := errors.Join(os.WriteFile("tokens.env", file.Bytes(), 0o600), writePlain("plain.log")); err != nil {
		return err
	}
	masked := func(command ...string) *exec.Cmd {
		return h.squire(append([]string{"run", "--mask", "-f", "tokens.env", "-s", "db", "--"}, command...)...)
	}
	fmt.Printf("throughput of 64 MiB of plain text, medians of %d rounds         must / aim\n", maskRounds)
	for _, through := range []struct {
		what string
		run  func(*exec.Cmd, io.Writer) error
	}{{"pseudo-terminal", throughTerminal}, {"pipe", throughPipe}} {
		// What hides nothing is quick: first see that it does.
		var out bytes.Buffer
		if err := through.run(masked("sh", "-c", `echo "of $PASSWORD."`), &out); err != nil {
			return err
		}
		if text := out.String(); !strings.HasPrefix(text, "of ") || strings.Contains(text, password) {
			return fmt.Errorf("through a %s --mask hides nothing", through.what)
		}
		var rates, bares []float64
		for round := range maskRounds + 1 {
			var took [3]float64
			var size [3]int64
			for i, cmd := range []*exec.Cmd{exec.Command("cat", "plain.log"), exec.Command("/proc/self/exe", "copy", "cat", "plain.log"), masked("cat", "plain.log")} {
				if took[i], size[i], err = timed(cmd, through.run); err != nil {
					return err
				}
			}
			if size[2] != size[0] {
				return fmt.Errorf("%d bytes come through a %s with --mask, and %d without", size[2], through.what, size[0])
			}
			if round > 0 { // the first one warms up
				rates, bares = append(rates, took[0]/took[2]), append(bares, took[0]/took[1])
			}
		}
		fmt.Printf("run --mask -- cat, over cat, %-15s >=0.5 / 0.8   %5.2f x   (a bare copier in Go: %.2f)\n", through.what, median(rates), median(bares))
	}
	return nil
}

// writePlain writes lines as a log has them.
func writePlain(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i, n := 0, 0; n < plainSize; i++ {
		b := fmt.Appendf(w.AvailableBuffer(), "2026-11-24T15:%02d:%02d.%03dZ INFO request id=%08x method=GET path=/v1/orders/%d status=200 bytes=%d took=%dms\n",
			i/60000%60, i/1000%60, i%1000, i*2654435761%(1<<32), i%7919, 512+i%4096, i%97)
		n += len(b)
		_, _ = w.Write(b) // Flush tells
	}
	return errors.Join(w.Flush(), f.Close())
}

// timed is how many seconds a command takes for how much output.
func timed(cmd *exec.Cmd, through func(*exec.Cmd, io.Writer) error) (seconds float64, size int64, err error) {
	var n counter
	start := time.Now()
	err = through(cmd, &n)
	return time.Since(start).Seconds(), int64(n), err
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

func throughTerminal(cmd *exec.Cmd, to io.Writer) error {
	cmd.Stderr = nil
	terminal, err := pty.Start(cmd)
	if err != nil {
		return err
	}
	defer terminal.Close()
	if err := drain(terminal, to); !errors.Is(err, syscall.EIO) { // how a terminal ends
		return errors.Join(err, cmd.Wait())
	}
	return cmd.Wait()
}

func throughPipe(cmd *exec.Cmd, to io.Writer) error {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	return errors.Join(drain(out, to), cmd.Wait())
}

// drain reads as a terminal's user does, without what io.Copy can do for two
// files.
func drain(from io.Reader, to io.Writer) error {
	for b := make([]byte, 64<<10); ; {
		n, err := from.Read(b)
		_, _ = to.Write(b[:n])
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}
