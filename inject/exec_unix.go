//go:build unix

package inject

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/squire-env/squire/resolve"
)

// Exec replaces this process by path, and returns only when it failed: with
// ErrNotFound, ErrNotExecutable or ErrTooLarge, or what the system says. argv
// and environ go to the kernel as they are; argv[0] need not be path.
func Exec(path string, argv, environ []string) error {
	return StartError(path, argv, environ, syscall.Exec(path, argv, environ))
}

// StartError says what an errno of execve means for this file, as Exec does.
func StartError(path string, argv, environ []string, err error) error {
	switch {
	case errors.Is(err, syscall.E2BIG):
		return tooBig(path, argv, environ)
	case errors.Is(err, syscall.ENOEXEC):
		return noFormat(path)
	case errors.Is(err, syscall.ENOENT):
		if _, statErr := os.Stat(path); statErr == nil {
			return noInterpreter(path)
		}
		return lookError(path, err)
	case errors.Is(err, syscall.EAGAIN):
		return resolve.WithHint(fmt.Errorf("%s cannot be started: no more processes are allowed, threads included (pids.max of the cgroup, or ulimit -u)", quote(path)), "%s", "squire help troubleshooting")
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return resolve.WithHint(fmt.Errorf("%s cannot be started: no more files can be opened (ulimit -n)", quote(path)), "%s", "squire help troubleshooting")
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ENOTDIR),
		errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ETXTBSY), errors.Is(err, syscall.ENAMETOOLONG),
		errors.Is(err, syscall.EISDIR):
		if lookErr := lookError(path, executable(path)); lookErr != nil {
			return lookErr
		}
		return notExecutable(fmt.Sprintf("%s cannot be executed: %v", quote(path), err), "")
	}
	return fmt.Errorf("exec of %s: %w", quote(path), err)
}

// tooBig is E2BIG, also where check sees nothing wrong: a script's interpreter
// may be a script, and a kernel may have limits of its own (gVisor, an old one).
func tooBig(path string, argv, environ []string) error {
	l := kernelLimits()
	if err := check(path, argv, environ, l); err != nil {
		return err
	}
	return l.tooMuch(l.need(path, argv, environ), "and the kernel says that it is too much", argv, environ)
}

// noFormat is ENOEXEC. execvp would hand the file to a shell here; squire
// never does, because a shell would read the environment in its own way.
func noFormat(path string) error {
	head := readHead(path)
	if len(head) == 0 {
		return notExecutable(fmt.Sprintf("%s is empty", quote(path)), "")
	}
	if isText(head) {
		return notExecutable(fmt.Sprintf("%s is a script without a #! line", quote(path)), "add a #! line, or run: sh "+quote(path))
	}
	return notExecutable(fmt.Sprintf("%s is not a program for this machine", quote(path)), "compare: uname -m; file "+quote(path))
}

// noInterpreter is ENOENT for a file that is there.
func noInterpreter(path string) error {
	interpreter, _, ok := shebang(readHead(path))
	switch {
	case !ok:
		return notExecutable(fmt.Sprintf("%s is there, but its interpreter (the dynamic loader) is missing", quote(path)),
			"it may be built for another C library; use a static build, or see what it wants: file "+quote(path))
	case interpreter != "" && interpreter[len(interpreter)-1] == '\r':
		return notExecutable(fmt.Sprintf("%s: its #! line ends in a carriage return, so that its interpreter is missing", quote(path)),
			`sed -i 's/\r$//' `+quote(path))
	}
	return notExecutable(fmt.Sprintf("%s: its interpreter %s is missing", quote(path), quote(interpreter)),
		"install it, or name another in the file's first line: head -n 1 "+quote(path))
}
