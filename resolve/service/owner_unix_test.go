//go:build unix

package service

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/squire-env/squire/resolve/api"
)

// Files that root creates in a user's store belong to the user.
func TestRootLeavesTheOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const uid, gid = 12345, 23456
	for _, held := range []bool{false, true} {
		h := newHouse(t)
		if err := os.Chown(h.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		owned := func(what string) {
			t.Helper()
			for _, path := range h.files() {
				info, err := os.Lstat(path)
				if err != nil {
					t.Fatal(err)
				}
				if st := info.Sys().(*syscall.Stat_t); st.Uid != uid || st.Gid != gid {
					t.Errorf("held %t, %s: %s belongs to %d:%d", held, what, path, st.Uid, st.Gid)
				}
			}
		}
		s := h.open(func(c *Config) { c.Held = held })
		h.create(s, "db", "A", "1")
		h.create(s, "api", "A", "1")
		owned("created")
		if err := s.DeleteSecret(context.Background(), api.DeleteRequest{Name: "api"}); err != nil {
			t.Fatal(err)
		}
		if _, err := one(s, "db"); err != nil {
			t.Fatal(err)
		}
		owned("compacted and read")
		for _, name := range []string{"lock", "queue", "reads"} {
			if err := os.RemoveAll(filepath.Join(h.data, name)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := one(s, "db"); err != nil {
			t.Fatal(err)
		}
		owned("tidied up and read")
		// A second store of the same key: the key file is replaced, and keeps its owner.
		if err := os.Chown(filepath.Dir(h.key), 0, 0); err != nil {
			t.Fatal(err)
		}
		second := h
		second.data = filepath.Join(h.dir, "second")
		second.create(second.open(nil), "x")
		if err := os.Chown(filepath.Dir(h.key), uid, gid); err != nil {
			t.Fatal(err)
		}
		owned("a second store")
		if len(h.files()) < 8 {
			t.Fatal(h.files())
		}
		_ = s.Close()
	}
}
