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
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/seam"
)

// An access is in the list at once, newest first, in pages that do not move; so is
// the listing itself, in the next list.
func TestListAudit(t *testing.T) {
	for _, held := range []bool{false, true} {
		t.Run(fmt.Sprint("held=", held), func(t *testing.T) {
			h := newHouse(t)
			s := h.open(func(c *Config) { c.Held = held })
			ctx := context.Background()
			if l, err := s.ListAudit(ctx, api.AuditRequest{}); err != nil || l.Entries == nil || len(l.Entries) > 0 || len(h.files()) > 0 {
				t.Fatalf("of no store: %+v, %v", l, err)
			}
			h.create(s, "db", "A", canary)
			for range 3 {
				if _, err := one(s, "db"); err != nil {
					t.Fatal(err)
				}
			}
			_, _ = one(s, "gone")
			l, err := s.ListAudit(ctx, api.AuditRequest{})
			if err != nil || len(l.Entries) != 5 || l.NextCursor != "" {
				t.Fatalf("%+v, %v", l, err)
			}
			if e := l.Entries[0]; e.Name != "gone" || e.Outcome != "not_found" || e.Caller != "tester" {
				t.Errorf("%+v", e)
			}
			if e := l.Entries[4]; e.Action != "create" || e.Seq != 1 || e.Outcome != "ok" || l.Entries[3].Version != 1 {
				t.Errorf("%+v", l.Entries)
			}
			var pages []string
			for cursor := ""; ; {
				page, err := s.ListAudit(ctx, api.AuditRequest{Action: "resolve", Limit: 2, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				pages = append(pages, fmt.Sprint(len(page.Entries)))
				if cursor = page.NextCursor; cursor == "" {
					break
				}
				h.create(s, fmt.Sprint("new", len(pages)))
			}
			if got := strings.Join(pages, " "); got != "2 2" && got != "2 2 0" {
				t.Error(got)
			}
			if l, err := s.ListAudit(ctx, api.AuditRequest{Action: "list_audit"}); err != nil || len(l.Entries) < 3 {
				t.Errorf("%+v, %v", l, err)
			}
			check, err := s.VerifyAudit(ctx)
			if err != nil || check.Lines < 10 || check.Seq == 0 || check.Seq > check.Lines {
				t.Errorf("%+v, %v", check, err)
			}
			if l, err := s.ListAudit(ctx, api.AuditRequest{Action: "verify_audit"}); err != nil || len(l.Entries) != 1 || l.Entries[0].Outcome != "ok" {
				t.Errorf("%+v, %v", l, err)
			}
		})
	}
}

// Only an administrator of everything may read the trail, and bad input is one
// clear error.
func TestAuditRequests(t *testing.T) {
	h := newHouse(t)
	s := h.open(func(c *Config) { c.Held = true })
	h.create(s, "db")
	ctx := context.Background()
	for _, r := range []api.AuditRequest{
		{Cursor: "x"}, {Cursor: "AAAA"}, {Cursor: "AAAAAAAAAAAAAAAA"}, {Limit: -1}, {Action: "made_up"}, {Environment: "../x"}, {Name: "a b"},
	} {
		if _, err := s.ListAudit(ctx, r); !errors.Is(err, resolve.ErrInvalid) {
			t.Errorf("%+v: %v", r, err)
		}
	}
	for _, role := range []api.Role{api.RoleWriter, api.RoleAdmin} {
		other := s.For("other", api.Scope{Role: role, Environments: []string{"main"}, Names: []string{"*"}})
		_, err := other.ListAudit(ctx, api.AuditRequest{})
		_, verr := other.VerifyAudit(ctx)
		if !errors.Is(err, resolve.ErrDenied) || !errors.Is(verr, resolve.ErrDenied) {
			t.Errorf("%s: %v, %v", role, err, verr)
		}
	}
	l, err := s.ListAudit(ctx, api.AuditRequest{Caller: "other", Outcome: "denied"})
	if err != nil || len(l.Entries) != 4 {
		t.Errorf("%+v, %v", l, err)
	}
	if l, err := s.ListAudit(ctx, api.AuditRequest{Since: api.NewTime(time.Now().Add(time.Hour))}); err != nil || len(l.Entries) > 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

// A server's folder of reads is empty after it has stopped, and a changed block is
// found.
func TestTamperedReads(t *testing.T) {
	h := newHouse(t)
	s := h.open(func(c *Config) { c.Held = true })
	h.create(s, "db", "A", canary)
	for range 3 {
		if _, err := one(s, "db"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(h.data, "reads")); err != nil || len(left) > 0 {
		t.Fatal(left, err)
	}
	h.edit(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("audit"))
		key := []byte("\x00\x00\x00\x00\x00\x00\x00\x02")
		block := string(b.Get(key))
		if strings.Count(block, "\n") < 1 {
			t.Fatalf("%q", block)
		}
		return b.Put(key, []byte(strings.Replace(block, `"resolve"`, `"res0lve"`, 1)))
	})
	_, err := h.open(nil).VerifyAudit(context.Background())
	if !errors.Is(err, resolve.ErrCorrupt) || !strings.Contains(err.Error(), "record 2") {
		t.Fatal(err)
	}
}

// A server whose disk is full refuses reads, and says what to do.
func TestHeldReadsFailClosed(t *testing.T) {
	h := newHouse(t)
	full := false
	s := h.open(func(c *Config) {
		c.Held = true
		c.Test = seam.New(seam.Options{Sync: func(*os.File) error {
			if full {
				return syscall.ENOSPC
			}
			return nil
		}})
	})
	h.create(s, "db", "A", canary)
	full = true
	r, err := s.Resolve(context.Background(), api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db"}}})
	if !errors.Is(err, resolve.ErrUnavailable) || !strings.Contains(resolve.Hint(err), "make room") || strings.Contains(err.Error(), canary) || r.Secrets != nil || r.Etag != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	full = false
	if v, err := one(s, "db"); err != nil || v["A"] != canary {
		t.Fatal(v, err)
	}
}
