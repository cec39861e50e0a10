package deploy

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// engine is a container engine's command, for one test. What is not done at the
// limit of the test is stopped, with a line that says so: go test itself would say
// it with the stacks of all goroutines, for all tests of the package.
type engine struct {
	cli   string
	ctx   context.Context
	limit time.Duration
}

// docker is the engine's CLI: the system's own where there is one, since
// another one earlier on PATH may lack a builder. Without an engine, or the
// image that the Dockerfile starts from, the test is skipped; CI requires it.
func docker(t *testing.T, limit time.Duration) *engine {
	t.Helper()
	missing := t.Skipf
	if strings.Contains(os.Getenv("SQUIRE_TEST_REQUIRE"), "docker") {
		missing = t.Fatalf
	}
	cli := "/usr/bin/docker"
	if _, err := os.Stat(cli); err != nil {
		if cli, err = exec.LookPath("docker"); err != nil {
			missing("no docker command")
		}
	}
	e := newEngine(t, cli, limit)
	t.Cleanup(func() {
		if t.Failed() && e.ctx.Err() == context.DeadlineExceeded {
			t.Errorf("the limit of this test, %s, was reached", e.limit)
		}
	})
	if out, err := e.command("version").CombinedOutput(); err != nil {
		missing("no Docker engine answers: %s", lastLine(out))
	}
	if err := e.command("image", "inspect", "golang:1.26").Run(); err != nil {
		missing("no image golang:1.26, and tests pull none")
	}
	return e
}

func newEngine(t *testing.T, cli string, limit time.Duration) *engine {
	if end, ok := t.Deadline(); ok { // that of go test, for all tests together
		limit = min(limit, (time.Until(end) - 20*time.Second).Round(time.Second))
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return &engine{cli, ctx, limit}
}

// command is one of the engine, which ends at the limit.
func (e *engine) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(e.ctx, e.cli, args...)
	cmd.WaitDelay = 5 * time.Second // a child of it may hold the output
	return cmd
}

func (e *engine) must(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := e.try(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (e *engine) try(args ...string) ([]byte, error) {
	var stderr bytes.Buffer
	cmd := e.command(args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case e.ctx.Err() != nil:
		return nil, fmt.Errorf("docker %s: stopped at the limit of this test, %s", args[0], e.limit)
	case err != nil:
		return nil, fmt.Errorf("docker %q: %v\n%s%s", args, err, out, stderr.Bytes())
	}
	return out, nil
}

// later removes at the end of the test what the engine keeps, whatever the limit.
func (e *engine) later(t *testing.T, args ...string) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		_ = exec.CommandContext(ctx, e.cli, args...).Run()
	})
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// build builds the image and returns its name.
func build(t *testing.T, cli *engine, tag string, options ...string) string {
	t.Helper()
	cli.must(t, slices.Concat([]string{"build", "-q", "-t", tag}, options, []string{".."})...)
	cli.later(t, "rmi", "-f", tag)
	return tag
}

// TestLimit: what takes too long ends in one line.
func TestLimit(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("no sleep(1)")
	}
	begun := time.Now()
	e := newEngine(t, sleep, 50*time.Millisecond)
	_, err = e.try("600")
	if err == nil || err.Error() != "docker 600: stopped at the limit of this test, 50ms" {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
}
