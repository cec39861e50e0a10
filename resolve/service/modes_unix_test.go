//go:build unix

package service

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Created files are private with any umask, and files that are not private are
// refused, with the command that corrects the mode.
func TestModes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	h := sealedHouse(t)
	for _, path := range append(h.files(), h.data) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
	for path, hint := range map[string]string{h.data: "chmod 700 ", h.store(): "chmod 600 ", h.key: "chmod 600 "} {
		info, _ := os.Stat(path)
		if err := os.Chmod(path, info.Mode().Perm()|0o040); err != nil {
			t.Fatal(err)
		}
		s := h.open(nil)
		_, err := one(s, "db")
		_, werr := s.CreateSecret(context.Background(), api.CreateSecretRequest{Name: "x"})
		for _, err := range []error{err, werr} {
			if !errors.Is(err, resolve.ErrUnavailable) || resolve.Hint(err) != hint+path {
				t.Errorf("%s: %v, hint %q", path, err, resolve.Hint(err))
			}
		}
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}
