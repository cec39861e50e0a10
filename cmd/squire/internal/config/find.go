package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/squire-env/squire/resolve"
)

const fileName = "squire.yaml"

// find looks for squire.yaml in the working directory and above it, up to the
// first folder with a .git, the home folder or the root; "" is none. A folder
// that cannot be read ends the search: what is above it belongs to others.
func find(home string) (path string, err error) {
	homeInfo, _ := os.Stat(home)
	for folder := "."; ; folder = filepath.Join("..", folder) {
		at := filepath.Join(folder, fileName)
		switch _, err := os.Lstat(at); {
		case err == nil:
			return at, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", nil
		}
		for _, wrong := range [...]string{"squire.yml", ".squire.yaml"} {
			if _, err := os.Lstat(filepath.Join(folder, wrong)); err == nil {
				wrong = filepath.Join(folder, wrong)
				return "", resolve.WithHint(fmt.Errorf("%s: the name of this file has to be %s", wrong, fileName), "mv %s %s; or --config none", wrong, at)
			}
		}
		if _, err := os.Lstat(filepath.Join(folder, ".git")); err == nil {
			return "", nil
		}
		here, err := os.Stat(folder)
		if err != nil || homeInfo != nil && os.SameFile(here, homeInfo) {
			return "", nil
		}
		above, err := os.Stat(filepath.Join("..", folder))
		if err != nil || os.SameFile(here, above) { // the root is above itself
			return "", nil
		}
	}
}

// readFound reads a file that was found, not named. The folder may be anybody's,
// and what is in it must not decide what a command of this user starts with.
func readFound(path string) ([]byte, error) {
	link, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a FIFO waits for nothing
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !isOwn(link) || !isOwn(info) {
		return nil, resolve.WithHint(fmt.Errorf("%s belongs to another user", path), "if you trust it: --config %s; else --config none", path)
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(info, null) {
		return nil, nil
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// home is the home folder, as an environment says.
func home(environ []string) string {
	for _, name := range [...]string{"HOME=", "USERPROFILE="} {
		for _, kv := range environ {
			if path, ok := strings.CutPrefix(kv, name); ok {
				return path
			}
		}
	}
	return ""
}
