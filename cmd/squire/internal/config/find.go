package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/squire-env/squire/resolve"
)

const fileName = "squire.yaml"

// find looks for squire.yaml in the working directory and above it, up to the
// first folder with a .git, the home folder or the root; "" is none. A folder
// that cannot be read ends the search: what is above it belongs to others.
func find(home string) (path string, err error) {
	top, homeErr := identify(home)
	here, err := identify(".")
	for folder := ""; err == nil; folder += "../" {
		switch err := exists(folder + fileName); {
		case err == nil:
			return folder + fileName, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", nil
		}
		for _, wrong := range [...]string{"squire.yml", ".squire.yaml"} {
			if exists(folder+wrong) == nil && isOwnFile(folder+wrong) { // another user's must not stop squire
				return "", resolve.WithHint(fmt.Errorf("%s: the name of this file has to be %s", folder+wrong, fileName),
					"mv %s %s; or --config none", folder+wrong, folder+fileName)
			}
		}
		if exists(folder+".git") == nil || homeErr == nil && here == top {
			break
		}
		below := here
		if here, err = identify(folder + ".."); here == below { // the root is above itself
			break
		}
	}
	return "", nil
}

func isOwnFile(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && isOwn(info)
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
