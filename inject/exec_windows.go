package inject

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

// LookPath finds a command in the PATH and with the PATHEXT that the child will
// have. It searches no working directory, which os/exec.LookPath searches first,
// with an error that must then be looked at. The error is ErrNotFound.
func LookPath(file string, e *Environment) (string, error) {
	path, _ := e.get("PATH")
	exts, _ := e.get("PATHEXT")
	found, here := pathext{path, exts, func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && !info.IsDir()
	}}.find(file)
	switch {
	case found != "":
		return found, nil
	case here != "":
		return "", notFound(fmt.Sprintf("%s: command not found in PATH, and the working directory is not searched", quote(file)), "squire run -- "+quote(here))
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
