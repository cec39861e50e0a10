package inject

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

// LookPath finds a command in the PATH and with the PATHEXT that the child will
// have, as os/exec does; the working directory is allowed where PATH names it.
// The error is ErrNotFound.
func LookPath(file string, e *Environment) (string, error) {
	// os/exec reads this process's variables, and knows no other way.
	for _, name := range []string{"PATH", "PATHEXT"} {
		old, had := os.LookupEnv(name)
		if text, ok := e.get(name); ok {
			_ = os.Setenv(name, text)
		} else {
			_ = os.Unsetenv(name)
		}
		defer func() {
			_ = os.Unsetenv(name)
			if had {
				_ = os.Setenv(name, old)
			}
		}()
	}
	path, err := exec.LookPath(file)
	if err == nil || errors.Is(err, exec.ErrDot) {
		return path, nil
	}
	return "", notFound(fmt.Sprintf("%s: command not found in PATH", quote(file)), "where "+quote(file))
}

// Exec runs path and ends this process with its exit code: Windows has no
// exec. It returns only when the program could not be started.
func Exec(path string, argv, environ []string) error {
	// The console sends Ctrl-C to both; only the child decides what it means.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	cmd := &exec.Cmd{Path: path, Args: argv, Env: environ, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case errors.Is(err, os.ErrNotExist):
		return notFound(fmt.Sprintf("%s: no such file", quote(path)), "where "+quote(path))
	}
	return notExecutable(fmt.Sprintf("%s cannot be executed: %v", quote(path), err), "")
}
