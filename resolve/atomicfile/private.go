package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

const fileMode, dirMode = 0o600, 0o700

// NotPrivateError says why a file or folder must not be used for secrets.
type NotPrivateError struct {
	Path   string
	Reason string
	Fix    string // a command that makes it private; "" if there is none
}

func (e *NotPrivateError) Error() string { return e.Path + ": " + e.Reason }

// Hint returns the command to type, for the user.
func (e *NotPrivateError) Hint() string { return e.Fix }

// CheckFile rejects a file that other users can open: that may be a mistake, and
// it may be how a key leaks.
func CheckFile(path string, info fs.FileInfo) error { return checkMode(path, info, fileMode) }

// CheckDir rejects a folder that other users can open.
func CheckDir(path string, info fs.FileInfo) error { return checkMode(path, info, dirMode) }

func checkMode(path string, info fs.FileInfo, want fs.FileMode) error {
	if mode := info.Mode().Perm(); modesMatter && mode&0o077 != 0 {
		return &NotPrivateError{
			Path:   path,
			Reason: fmt.Sprintf("other users can open it (mode %04o, want %04o)", mode, want),
			Fix:    fmt.Sprintf("chmod %03o %s", want, path),
		}
	}
	return nil
}

// ReadOwn reads at most limit bytes of a private file that belongs to the user of
// this process. It does not follow a symbolic link or wait for a FIFO.
func ReadOwn(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|NoFollow|noWait, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &NotPrivateError{Path: path, Reason: "not a regular file"}
	}
	if err := CheckFile(path, info); err != nil {
		return nil, err
	}
	if uid, ok := Owner(info); ok && uid != os.Geteuid() {
		return nil, &NotPrivateError{Path: path, Reason: fmt.Sprintf("it belongs to uid %d, and this process has uid %d", uid, os.Geteuid())}
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// OpenOrCreate opens a file, or creates it with mode 0600. A file that root
// creates belongs to the owner of the folder, see Adopt. A symbolic link is an
// error.
func OpenOrCreate(path string, flag int) (*os.File, error) {
	for {
		f, err := OpenFile(path, flag|NoFollow, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		f, err = OpenFile(path, flag|NoFollow|os.O_CREATE|os.O_EXCL, fileMode)
		if errors.Is(err, fs.ErrExist) {
			continue // another process has created it
		}
		if err != nil {
			return nil, err
		}
		if err := Adopt(f, ""); err != nil {
			f.Close()
			return nil, err
		}
		return f, nil
	}
}
