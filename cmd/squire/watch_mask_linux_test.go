package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

const hidden = "s3cr3t-value"

// runMasked runs a shell's script behind --mask, and returns what it printed.
func runMasked(t *testing.T, stdin, script string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(squireBinary, "run", "--mask", "-e", "K="+hidden, "--", "sh", "-c", script)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	_ = cmd.Run()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestMaskHidesInBothStreams(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := runMasked(t, "typed "+hidden+"\n", `read line; echo "got $line"; echo "out $K"; echo "err $K" >&2
printf 'split s3cr3t' ; sleep 0; printf -- '-va'; sh -c 'printf lue'; echo; printf 'json "%s" ' "$K"; printf %s "$K" | base64; exit 9`)
	got := strings.NewReplacer(base64.StdEncoding.EncodeToString([]byte(hidden)), "LEAK", hidden, "LEAK").Replace(stdout + stderr)
	if strings.Contains(got, "LEAK") || code != 9 {
		t.Errorf("code %d: %s", code, got)
	}
	for _, part := range []string{"got typed ", "out ", "split ", "json \""} {
		if !strings.Contains(stdout, part) {
			t.Errorf("%q is lost in %q", part, stdout)
		}
	}
	if !strings.HasPrefix(stderr, "err ") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("standard error: %q", stderr)
	}
	if mark := strings.TrimSuffix(strings.TrimPrefix(stderr, "err "), "\n"); strings.Count(stdout, mark) < 4 {
		t.Errorf("%q does not stand for all in %q", mark, stdout)
	}
	if _, _, code := runMasked(t, "", `kill -9 $$`); code != 137 {
		t.Errorf("the code of one that was killed is %d", code)
	}
	if stdout, _, _ := runMasked(t, "", `echo short and plain`); stdout != "short and plain\n" {
		t.Errorf("%q", stdout)
	}
}

// What a command wrote that is gone at once is complete, on both streams.
func TestMaskLosesNothing(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	script := fmt.Sprintf(`head -c %d /dev/zero | tr '\0' a; echo end; head -c %d /dev/zero | tr '\0' b >&2; echo end >&2; exit 3`, size, size)
	stdout, stderr, code := runMasked(t, "", script)
	if code != 3 || stdout != strings.Repeat("a", size)+"end\n" || stderr != strings.Repeat("b", size)+"end\n" {
		t.Errorf("code %d, %d and %d bytes", code, len(stdout), len(stderr))
	}
	in := strings.Repeat("0123456789abcdef", size/16)
	if stdout, _, code := runMasked(t, in, `cat; exit 4`); stdout != in || code != 4 {
		t.Errorf("code %d, %d bytes of standard input came through", code, len(stdout))
	}
}

// After a change both are hidden: what was written before may still come.
func TestMaskAfterAChange(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=first-value\nN=1\n")
	w := watching("--mask", "-f", ".env", "--log-level", "warn")
	p := w.watch(t, folder, nil, "sh", "-c", `echo "says $V first-value second-value"; echo "says $V first-value second-value" >&2; echo "started $N" >&3; exec sleep 1000`)
	p.expect("started 1")
	p.put(".env", "V=second-value\nN=2\n")
	p.expect("started 2")
	p.said("says ")
	p.said("says ") // standard error is a pipe here, and read to there
	p.end()
	for _, stream := range []string{"stdout", "stderr"} {
		lines := strings.Split(strings.TrimSpace(p.read(stream)), "\n")
		if len(lines) != 2 || strings.Contains(lines[0], "first-value") || strings.Contains(lines[1], "-value") {
			t.Errorf("%s: %q", stream, lines)
		}
	}
}

// On a terminal the command has one too: with colour, size and keys.
func TestMaskOnATerminal(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	script := `trap 'echo "size $(stty size)"; sized=1' WINCH
test -t 0 && test -t 1 && test -t 2 && echo "a terminal"
printf '\033[31mred %s\033[0m\n' "$K"
stty size; echo ready
until [ "$line" ]; do read line; done; echo "got <$line>"
until [ "$sized" ]; do sleep 0.01; done; echo "seen"; read line; echo "then <$line>"; exit 5`
	cmd := exec.Command(squireBinary, "run", "--mask", "-e", "K="+hidden, "--", "sh", "-c", script)
	cmd.Dir, cmd.Env = folder, slices.Concat(os.Environ(), inFolder(folder), []string{"PS1="})
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 33, Cols: 77})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	log := &transcript{more: make(chan struct{})}
	go func() { _, _ = io.Copy(log, f) }()
	expect := func(part string) {
		t.Helper()
		if !log.wait(part) {
			_ = cmd.Process.Kill()
			t.Fatalf("no %q in %q", part, log.all())
		}
	}
	send := func(keys string) {
		t.Helper()
		if _, err := io.WriteString(f, keys); err != nil {
			t.Fatal(err)
		}
	}
	expect("a terminal\r\n")
	expect("\x1b[31mred ")
	expect("\x1b[0m\r\n")
	expect("33 77\r\n")
	expect("ready\r\n")
	if err := pty.Setsize(f, &pty.Winsize{Rows: 44, Cols: 99}); err != nil {
		t.Fatal(err)
	}
	send("a line\n")
	expect("got <a line>")
	expect("seen")
	send(hidden + "\n")
	expect("then <")
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 5 {
		t.Errorf("%v", err)
	}
	if out := log.all(); strings.Contains(out, hidden) || strings.Count(out, "size 44 99\r\n") != 1 {
		t.Errorf("%q", out)
	}
}

// Ctrl-C is one INT, for the command.
func TestMaskAndCtrlC(t *testing.T) {
	t.Parallel()
	r, said, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_ = r.SetReadDeadline(time.Now().Add(hang))
	cmd := exec.Command(squireBinary, "run", "--mask", "-e", "K="+hidden, "--", self(t), "child:signals", "INT")
	cmd.ExtraFiles = []*os.File{said}
	f, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	said.Close()
	lines := bufio.NewReader(r)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := io.WriteString(f, "\x03"); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(lines); err != nil || string(rest) != "INT\n" {
		t.Errorf("%q, %v", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func (l *transcript) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text
}

// TERM counts where nobody reads the command's output for now.
func TestMaskEndsThoughNobodyReads(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.Write(make([]byte, 64<<10)); err != nil { // as much as it holds
		t.Fatal(err)
	}
	p := squire("--mask", "-e", "K="+hidden, "--kill-timeout", "200ms").start(t, func(cmd *exec.Cmd) { cmd.Stdout = w }, "sh", "-c", `echo something; echo ready >&3; exec sleep 1000`)
	w.Close()
	p.expect("ready")
	p.signal(syscall.SIGTERM)
	p.ends(128 + int(syscall.SIGTERM))
	if said := p.read("stderr"); !strings.Contains(said, "nobody has read its last output within 200ms") {
		t.Error(said)
	}
	p.silence()
}
