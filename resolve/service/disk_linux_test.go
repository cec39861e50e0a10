package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/seam"
)

// mount mounts a tmpfs of this size at a folder. If it cannot, it skips the test,
// or fails it if SQUIRE_TEST_REQUIRE lists tmpfs.
func (h house) mount(dir, size string) {
	h.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		h.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		if strings.Contains(os.Getenv("SQUIRE_TEST_REQUIRE"), "tmpfs") {
			h.Fatalf("no tmpfs: %v", err)
		}
		h.Skipf("a full or read-only disk cannot be tried here: mounting a tmpfs: %v", err)
	}
	h.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			h.Error(err)
		}
	})
}

// A full disk is a clear error, and no acknowledged write is lost.
func TestFullDisk(t *testing.T) {
	for _, held := range []bool{false, true} {
		t.Run(fmt.Sprint("held=", held), func(t *testing.T) {
			h := newHouse(t)
			h.mount(h.data, "512k")
			s := h.open(func(c *Config) { c.Held, c.Warn = held, func(string) {} })
			value := strings.Repeat(canary, 1000)
			var acked []string
			var err error
			for i := 0; err == nil && i < 1000; i++ {
				name := fmt.Sprint("s", i)
				if _, err = s.CreateSecret(context.Background(), api.CreateSecretRequest{Name: name, EnvDict: dict("A", value)}); err == nil {
					acked = append(acked, name)
				}
			}
			if !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, resolve.ErrUnavailable) || resolve.Hint(err) == "" || strings.Contains(err.Error(), canary) || len(acked) == 0 {
				t.Fatalf("%v after %d", err, len(acked))
			}
			for _, name := range acked {
				v, err := one(s, name)
				if held && errors.Is(err, resolve.ErrUnavailable) { // a server refuses what it cannot audit
					if !errors.Is(err, syscall.ENOSPC) || resolve.Hint(err) == "" || v != nil {
						t.Fatalf("%v (hint %q)", err, resolve.Hint(err))
					}
					continue
				}
				if err != nil || v["A"] != value {
					t.Fatalf("%s after the disk was full: %v", name, err)
				}
			}
			// With free space, it works again without a restart.
			if err := syscall.Mount("tmpfs", h.data, "tmpfs", syscall.MS_REMOUNT, "mode=0700,size=8m"); err != nil {
				t.Fatal(err)
			}
			h.create(s, "after")
			for _, name := range acked {
				if v, err := one(s, name); err != nil || v["A"] != value {
					t.Fatalf("%s after there was room again: %v", name, err)
				}
			}
			if err := s.DeleteSecret(context.Background(), api.DeleteRequest{Name: acked[0]}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.VerifyAudit(context.Background()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A delete that cannot compact for lack of space says so; the next writer compacts.
func TestCompactionFailure(t *testing.T) {
	h := newHouse(t)
	fail, warned := true, 0
	s := h.open(func(c *Config) {
		c.Test = seam.New(seam.Options{Step: func(step string) error {
			if step == "compact rename" && fail {
				return fmt.Errorf("%w: %w", resolve.ErrUnavailable, syscall.ENOSPC)
			}
			return nil
		}})
		c.Warn = func(string) { warned++ }
	})
	h.create(s, "db", "A", "1")
	var wrapped []byte
	for r, v := range h.raws() {
		if r.key == "main/db" && r.bucket == "secrets" {
			wrapped = v[41:101]
		}
	}
	err := s.DeleteSecret(context.Background(), api.DeleteRequest{Name: "db"})
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "deleted, but") {
		t.Fatal(err)
	}
	if _, err := one(s, "db"); !errors.Is(err, resolve.ErrNotFound) {
		t.Fatal(err)
	}
	if !h.onDisk(wrapped) {
		t.Fatal("the test does not see the record")
	}
	h.create(s, "x") // does not fail
	if warned != 1 {
		t.Fatal("no warning that it is still to be done")
	}
	fail = false
	h.create(s, "y")
	if h.onDisk(wrapped) || warned != 1 {
		t.Fatal("the next writer did not compact")
	}
	h.edit(func(tx *bolt.Tx) error {
		if tx.Bucket([]byte("bolt")).Get([]byte("purge")) != nil {
			t.Error("the note is still there")
		}
		return nil
	})
}

// A store on a read-only medium can be read, with a warning.
func TestReadOnlyMedium(t *testing.T) {
	h := newHouse(t)
	h.mount(h.data, "8m")
	h.create(h.open(nil), "db", "A", "1")
	for _, gone := range []string{"", "lock", "queue", "reads"} {
		if gone != "" {
			if err := os.RemoveAll(filepath.Join(h.data, gone)); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.Mount("tmpfs", h.data, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "mode=0700"); err != nil {
			t.Fatal(err)
		}
		var warned []string
		s := h.open(func(c *Config) { c.Warn = func(w string) { warned = append(warned, w) } })
		if v, err := one(s, "db"); err != nil || v["A"] != "1" || len(warned) != 1 {
			t.Fatal(v, err, warned)
		}
		_, err := s.CreateSecret(context.Background(), api.CreateSecretRequest{Name: "x"})
		if !errors.Is(err, resolve.ErrUnavailable) || !errors.Is(err, syscall.EROFS) {
			t.Fatal(err)
		}
		if err := syscall.Mount("tmpfs", h.data, "tmpfs", syscall.MS_REMOUNT, "mode=0700"); err != nil {
			t.Fatal(err)
		}
	}
}
