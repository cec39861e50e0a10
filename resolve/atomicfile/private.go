package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

const fileMode, dirMode = 0o600, 0o700

// NotPrivateError says why a file or folder cannot be trusted with a secret.
type NotPrivateError struct {
	Path   string
	Reason string
	Fix    string // a command that makes it private; "" where none does
}

func (e *NotPrivateError) Error() string { return e.Path + ": " + e.Reason }

// Hint is what to type.
func (e *NotPrivateError) Hint() string { return e.Fix }

// CheckFile refuses a file that other users may open: that may be a mistake,
// and it may be how a key gets away.
func CheckFile(path string, info fs.FileInfo) error { return checkMode(path, info, fileMode) }

// CheckDir refuses a folder that other users may enter or list.
func CheckDir(path string, info fs.FileInfo) error { return checkMode(path, info, dirMode) }

func checkMode(path string, info fs.FileInfo, want fs.FileMode) error {
	if mode := info.Mode().Perm(); modesCount && mode&0o077 != 0 {
		return &NotPrivateError{
			Path:   path,
			Reason: fmt.Sprintf("other users may open it (mode %04o, want %04o)", mode, want),
			Fix:    fmt.Sprintf("chmod %03o %s", want, path),
		}
	}
	return nil
}

// ReadOwn reads at most limit bytes of a private file that belongs to the user
// of this process: of another user's file, the other user knows the content. It
// follows no link and waits for no FIFO.
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
		return nil, &NotPrivateError{Path: path, Reason: "it is no regular file"}
	}
	if err := CheckFile(path, info); err != nil {
		return nil, err
	}
	if uid, ok := Owner(info); ok && uid != os.Geteuid() {
		return nil, &NotPrivateError{Path: path, Reason: fmt.Sprintf("it belongs to uid %d, and this is uid %d", uid, os.Geteuid())}
	}
	return io.ReadAll(io.LimitReader(f, limit))
}

// OpenOrCreate opens a file, and creates it, 0600, where there is none. What
// root creates belongs to the owner of the folder, who must be able to use it
// when root is gone. A link is refused.
func OpenOrCreate(path string, flag int) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flag|NoFollow, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		f, err = os.OpenFile(path, flag|NoFollow|os.O_CREATE|os.O_EXCL, fileMode)
		if errors.Is(err, fs.ErrExist) {
			continue // created by another process since
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
