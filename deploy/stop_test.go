package deploy

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestStop runs a command behind the real image's ENTRYPOINT, with squire as its
// parent and as PID 1, and has Docker stop it.
func TestStop(t *testing.T) {
	cli := docker(t, 15*time.Minute)
	image := build(t, cli, "squire-test:stop")
	folder := t.TempDir()
	compile := exec.CommandContext(cli.ctx, "go", "build", "-o", filepath.Join(folder, "stays"), "./testdata/stays")
	compile.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, text := range map[string]string{"app.env": "A=1\n", "Dockerfile": "FROM " + image + "\nCOPY stays /stays\nCOPY app.env /app.env\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cli.must(t, "build", "-q", "-t", "squire-test:stays", folder)
	cli.later(t, "rmi", "-f", "squire-test:stays")
	options := func(more ...string) []string {
		return append([]string{"--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "-e", "SQUIRE_ENV_FILES=/app.env"}, more...)
	}

	for _, c := range []struct {
		name    string
		options []string
		command []string
		code    string
	}{
		{"supervise", options("-e", "SQUIRE_SUPERVISE=1"), []string{"/stays"}, "143"},
		{"watch", options("-e", "SQUIRE_WATCH=1"), []string{"/stays"}, "143"},
		{"its own code", options("-e", "SQUIRE_WATCH=1", "-e", "SQUIRE_MASK=1", "-e", "SQUIRE_STATUS_LISTEN=127.0.0.1:9187"), []string{"/stays", "7"}, "7"},
		{"by flags", options("--entrypoint", "/squire"), []string{"run", "--watch", "--restart", "always", "--", "/stays", "0"}, "0"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			fastest := time.Hour
			for range 3 { // the engine's own share is not ours to bound
				args := append(append([]string{"run", "-d"}, c.options...), "squire-test:stays")
				id := strings.TrimSpace(string(cli.must(t, append(args, c.command...)...)))
				cli.later(t, "rm", "-f", id)
				ready(t, cli, id)
				begun := time.Now()
				cli.must(t, "stop", id)
				fastest = min(fastest, time.Since(begun))
				if code := strings.TrimSpace(string(cli.must(t, "inspect", "-f", "{{.State.ExitCode}}", id))); code != c.code {
					t.Fatalf("ended with %s, want %s", code, c.code)
				}
				if fastest < time.Second {
					break
				}
			}
			if t.Logf("stopped in %s", fastest); fastest >= time.Second {
				t.Errorf("a stop takes %s", fastest)
			}
		})
	}

	t.Run("orphans", func(t *testing.T) {
		args := append(append([]string{"run", "--rm"}, options("-e", "SQUIRE_SUPERVISE=1")...), "squire-test:stays", "/stays", "orphans", "100")
		if out := string(cli.must(t, args...)); out != "all reaped by process 1\n" {
			t.Errorf("%q", out)
		}
	})
}

// ready waits for the line that a container's command begins with.
func ready(t *testing.T, cli *engine, id string) {
	t.Helper()
	logs := cli.command("logs", "-f", id)
	out, err := logs.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := logs.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = logs.Wait() }()
	defer func() { _ = logs.Process.Kill() }()
	if lines := bufio.NewScanner(out); !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("it says %q: %v", lines.Text(), lines.Err())
	}
}
