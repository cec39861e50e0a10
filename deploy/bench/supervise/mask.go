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
	masked := []string{"run", "--mask", "-f", "tokens.env", "-s", "db", "--"}
	for _, through := range []struct {
		what string
		run  func(*exec.Cmd) (int64, error)
	}{{"a pseudo-terminal", throughTerminal}, {"a pipe", throughPipe}} {
		// What hides nothing is quick: first see that it does.
		var out bytes.Buffer
		see := h.squire(append(masked, "sh", "-c", `echo "$PASSWORD"`)...)
		see.Stdout = &out
		if err := see.Run(); err != nil || bytes.Contains(out.Bytes(), []byte(password)) {
			return errors.Join(errors.New("--mask hides nothing"), err)
		}
		var rates []float64
		for round := range maskRounds + 1 {
			plain, err := rate(exec.Command("cat", "plain.log"), through.run)
			if err != nil {
				return err
			}
			ours, err := rate(h.squire(append(masked, "cat", "plain.log")...), through.run)
			if err != nil {
				return err
			}
			if round > 0 { // the first one warms up
				rates = append(rates, ours/plain)
			}
		}
		fmt.Printf("run --mask -- cat, throughput over cat    >=0.5 / 0.8   %5.2f x   through %s\n", median(rates), through.what)
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

// rate is in bytes a second.
func rate(cmd *exec.Cmd, through func(*exec.Cmd) (int64, error)) (float64, error) {
	start := time.Now()
	n, err := through(cmd)
	if err == nil && n < plainSize {
		err = fmt.Errorf("%s: %d bytes came of %d", cmd.Args[0], n, plainSize)
	}
	return float64(n) / time.Since(start).Seconds(), err
}

func throughTerminal(cmd *exec.Cmd) (int64, error) {
	cmd.Stderr = nil
	terminal, err := pty.Start(cmd)
	if err != nil {
		return 0, err
	}
	defer terminal.Close()
	n, _ := drain(terminal) // ends with EIO, as a terminal does
	return n, cmd.Wait()
}

func throughPipe(cmd *exec.Cmd) (int64, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	n, err := drain(out)
	return n, errors.Join(err, cmd.Wait())
}

func drain(r io.Reader) (n int64, err error) {
	for b := make([]byte, 64<<10); ; {
		some, err := r.Read(b)
		n += int64(some)
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil:
			return n, err
		}
	}
}
