//go:build unix

package inject

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// defaultPath is searched when PATH is not set, as execvp does.
const defaultPath = "/bin:/usr/bin"

// LookPath finds a command as execvp would, in the PATH that the child will
// have: a name with a slash is used as it is; an empty element and "." are the
// working directory; a file that may not be executed is passed over, and
// remembered. The error is ErrNotFound or ErrNotExecutable. It never starts a
// shell, nor is a result below the working directory refused.
//
// os/exec.LookPath differs in most of that: it reads the PATH of this process,
// takes an empty PATH as none, and refuses the working directory.
func LookPath(file string, e *Environment) (string, error) {
	if file == "" {
		return "", notFound("the command's name is empty", "squire run -- COMMAND [ARG...]")
	}
	if strings.Contains(file, "/") {
		return file, lookError(file, executable(file))
	}
	path, ok := e.get("PATH")
	if !ok {
		path = defaultPath
	}
	refused := ""
	for dir := range strings.SplitSeq(path, ":") {
		if dir == "" {
			dir = "." // "./name" and not "name": nobody below shall search again
		}
		candidate := dir + "/" + file
		switch err := executable(candidate); {
		case err == nil:
			return candidate, nil
		case errors.Is(err, syscall.EACCES) && refused == "":
			refused = candidate
		}
	}
	shell, _ := builtin(file)
	switch {
	case shell != "" && refused != "": // of ".", a folder
		return "", notExecutable(quote(file)+" is a builtin of the shell, not a program", hintCommand(file))
	case shell != "":
		return "", notFound(quote(file)+" is a builtin of the shell, not a program", hintCommand(file))
	case refused != "":
		return "", lookError(refused, executable(refused))
	}
	where := "in PATH"
	if !ok {
		where = "in " + defaultPath + ", and PATH is not set"
	}
	return "", notFound(shownCommand(file)+": command not found "+where, hintCommand(file))
}

// executable says why a file cannot be executed, as exec would: a directory
// is EACCES.
func executable(path string) error {
	var st syscall.Stat_t
	if err := ignoringEINTR(func() error { return syscall.Stat(path, &st) }); err != nil {
		return err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return syscall.EACCES
	}
	return ignoringEINTR(func() error { return syscall.Access(path, 1) }) // X_OK; also knows mounts that are noexec
}

func lookError(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOENT):
		return notFound(shownCommand(path)+": no such file", hintCommand(path))
	case !errors.Is(err, syscall.EACCES):
		return notExecutable(fmt.Sprintf("%s cannot be executed: %v", quote(path), err), "")
	}
	info, statErr := os.Stat(path)
	switch {
	case statErr != nil: // a folder above it may not be searched
		return notExecutable(fmt.Sprintf("%s cannot be executed: %v", quote(path), err), "namei -l "+quote(path))
	case info.IsDir():
		return notExecutable(fmt.Sprintf("%s is a directory", quote(path)), "name a file in it")
	case !info.Mode().IsRegular():
		return notExecutable(fmt.Sprintf("%s is not a regular file", quote(path)), "")
	case info.Mode()&0o111 != 0:
		return notExecutable(fmt.Sprintf("%s cannot be executed: %v", quote(path), err), "check its owner, and whether its mount is noexec: findmnt -T "+quote(path))
	}
	return notExecutable(fmt.Sprintf("%s is not executable", quote(path)), permitHint(path, info))
}

// permitHint suggests to make a file executable only if it looks like a program
// and this user may do so.
func permitHint(path string, info fs.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch head := readHead(path); {
	case !bytes.HasPrefix(head, []byte("#!")) && !bytes.HasPrefix(head, []byte("\x7fELF")):
		return "is it the command? squire run -- COMMAND [ARG...]"
	case ok && os.Geteuid() != 0 && os.Geteuid() != int(st.Uid):
		return "ls -l " + quote(path)
	}
	return "chmod +x " + quote(path)
}

func ignoringEINTR(f func() error) error {
	for {
		if err := f(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
