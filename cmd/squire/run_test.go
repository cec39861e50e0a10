package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/cmd/squire/internal/run"
	named "github.com/squire-env/squire/resolve/provider/squire"
)

// ran is what run would have become.
type ran struct {
	path    string
	argv    []string
	environ []string
}

// call is squire with something in place of exec.
func call(exec run.Exec, environ []string, stdout, stderr io.Writer, args ...string) int {
	return app.Run(context.Background(), families(exec), app.Call{Args: args, Environ: environ, Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr})
}

func runWith(t *testing.T, environ []string, args ...string) (ran, int, string) {
	t.Helper()
	t.Chdir(t.TempDir()) // no squire.yaml here
	var got ran
	var stdout, stderr bytes.Buffer
	exec := func(path string, argv, environ []string) error {
		got = ran{path, argv, environ}
		return nil
	}
	code := call(exec, environ, &stdout, &stderr, args...)
	if stdout.Len() != 0 {
		t.Errorf("standard output belongs to the child: %q", stdout.String())
	}
	return got, code, stderr.String()
}

func TestRunBecomesTheCommand(t *testing.T) {
	got, code, stderr := runWith(t, []string{"PATH=/bin:/usr/bin", "A=old", "B=b", "SQUIRE_TOKEN=t"}, "run", "-e", "A=new", "-e", "B", "-e", "C=c=c", "sh", "-c", "exit $A")
	if code != 0 || stderr != "" {
		t.Fatalf("code %d: %s", code, stderr)
	}
	if d := cmp.Diff([]string{"sh", "-c", "exit $A"}, got.argv); d != "" || !strings.HasSuffix(got.path, "/sh") {
		t.Error(got.path, d)
	}
	if d := cmp.Diff([]string{"PATH=/bin:/usr/bin", "A=new", "B=b", "C=c=c"}, got.environ); d != "" {
		t.Error(d)
	}
}

// A panic anywhere is one line without its text, and 125: it may quote what it
// choked on.
func TestPanicIsAnInternalError(t *testing.T) {
	t.Chdir(t.TempDir())
	var stderr bytes.Buffer
	exec := func(string, []string, []string) error { panic("hunter2") }
	code := call(exec, []string{"PATH=/bin:/usr/bin"}, &stderr, &stderr, "run", "-e", "A=hunter2", "sh")
	if code != 125 || strings.Contains(stderr.String(), "hunter2") || !strings.Contains(stderr.String(), "internal error: string at run_test.go:") {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}

func TestChildStatusWhereExecIsNone(t *testing.T) {
	t.Chdir(t.TempDir())
	var stderr bytes.Buffer
	exec := func(string, []string, []string) error { return ended(42) }
	if code := call(exec, []string{"PATH=/bin:/usr/bin"}, &stderr, &stderr, "run", "sh"); code != 42 || stderr.Len() != 0 {
		t.Errorf("code %d: %s", code, stderr.String())
	}
	exec = func(string, []string, []string) error { return errors.New("no memory") }
	if code := call(exec, []string{"PATH=/bin:/usr/bin"}, &stderr, &stderr, "run", "sh"); code != 125 {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}

type ended int

func (s ended) Error() string { return "child" }
func (s ended) ExitCode() int { return int(s) }

// meaningOf is the help of a flag, but for those that mean the same of different
// things.
func meaningOf(f *pflag.Flag) string {
	switch f.Name {
	case "allow-missing", "max":
		return f.Name
	}
	return f.Usage
}

// Each flag has a variable, and none is that of two flags of different meaning:
// a variable that is set for one command must not change what another one does.
func TestEveryFlagHasAVariable(t *testing.T) {
	flags, meanings := map[string]string{}, map[string]string{}
	setting.Find((&app.App{Messages: cli.NewMessages("squire", io.Discard)}).Root(families(nil), nil), func(f *pflag.Flag) bool {
		name := setting.Variable(named.Prefix, f)
		if name == "" && (f.Name == "help" || f.Name == "version") {
			return false
		}
		if other := flags[name]; name == "" || other != "" && other != f.Name {
			t.Errorf("--%s and --%s have the variable %q", f.Name, other, name)
		}
		meaning := meaningOf(f)
		if other, found := meanings[name]; found && other != meaning {
			t.Errorf("%s is the variable of flags of different meaning: %q and %q", name, other, meaning)
		}
		flags[name], meanings[name] = f.Name, meaning
		return false
	})
	for _, name := range setting.Names(named.Prefix, &named.Variables{}) {
		if flags[name] != "" {
			t.Errorf("%s is the variable of --%s, too", name, flags[name])
		}
	}
	if len(flags) < 30 {
		t.Errorf("%d flags only", len(flags))
	}
}
