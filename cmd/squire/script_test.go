package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// squireBinary is the real program, built once as it is shipped.
var squireBinary string

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "child:") { // see parent_child_linux_test.go
		os.Exit(child(os.Args[1:]))
	}
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGHUP} { // nohup and background jobs ignore them, and so would each command
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
	notIgnored(32, 33)                                            // as in all that make starts
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")) // child would take a second to end
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "squire-test-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		squireBinary = filepath.Join(dir, "squire")
		if runtime.GOOS == "windows" {
			squireBinary += ".exe"
		}
		makefile, err := os.ReadFile("../../Makefile")
		if err != nil {
			panic(err)
		}
		_, lean, _ := strings.Cut(string(makefile), "\nLEAN ")
		lean, _, _ = strings.Cut(lean, "\n")
		ldflags := "-ldflags=-s -w -buildid="
		if platform := runtime.GOOS + "/" + runtime.GOARCH; platform == "linux/amd64" || platform == "linux/arm64" {
			ldflags += " -E squire_entry"
		}
		args := append([]string{"build", "-trimpath", "-buildvcs=false", ldflags, "-o", squireBinary}, strings.Fields(strings.TrimLeft(lean, " ="))...)
		build := exec.Command("go", append(args, ".")...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// TestScripts runs the real binary through every command, flag and error, as
// testdata/script/*.txt say.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			e.Setenv("HOME", home)
			e.Setenv("XDG_DATA_HOME", filepath.Join(home, "data"))
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
			e.Setenv("PATH", filepath.Dir(squireBinary)+string(os.PathListSeparator)+os.Getenv("PATH"))
			e.Values[served{}] = &served{}
			return os.MkdirAll(home, 0o700)
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Getuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":    code,
			"squired": squired,
			"faulty":  faulty,
			"setenv":  setenv,
		},
	})
}

// code N COMMAND...: the command ends with exit code N.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}
