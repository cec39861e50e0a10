//go:build !unix

package config

import (
	"io/fs"
	"os"
	"path/filepath"
)

// identity tells folders apart: its absolute path.
type identity string

func exists(path string) error {
	_, err := os.Lstat(path)
	return err
}

func identify(folder string) (identity, error) {
	path, err := filepath.Abs(folder)
	return identity(path), err
}

func isOwn(fs.FileInfo) bool { return true }
