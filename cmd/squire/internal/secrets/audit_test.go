package secrets

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve/api"
)

// pages is a trail that a server answers in pages, the second of them empty.
type pages struct {
	api.Service
	asked []api.AuditRequest
}

func (p *pages) ListAudit(_ context.Context, r api.AuditRequest) (api.AuditList, error) {
	p.asked = append(p.asked, r)
	entry := api.AuditEntry{Time: api.NewTime(time.Unix(0, 0)), Caller: "ci\x1b[2J", Action: "resolve", Environment: "main", Name: "db", Version: 2, Outcome: "ok"}
	switch r.Cursor {
	case "":
		return api.AuditList{Entries: []api.AuditEntry{entry, entry}, NextCursor: "2"}, nil
	case "2":
		return api.AuditList{NextCursor: "3"}, nil
	}
	return api.AuditList{Entries: []api.AuditEntry{{Action: "revoke_token", Name: "0123"}}}, nil
}

func TestAuditListFollowsThePages(t *testing.T) {
	for most, want := range map[int]struct{ entries, calls int }{0: {0, 0}, 1: {1, 1}, 2: {2, 1}, 3: {3, 3}, 5000: {3, 3}} {
		p := &pages{}
		got, err := listEntries(t.Context(), p, api.AuditRequest{Caller: "ci"}, most)
		if err != nil || got == nil || len(got) != want.entries || len(p.asked) != want.calls {
			t.Errorf("%d: %d entries in %d calls: %v", most, len(got), len(p.asked), err)
		}
		for _, r := range p.asked {
			if r.Caller != "ci" || r.Limit < 1 || r.Limit > 1000 {
				t.Errorf("%d: %+v", most, r)
			}
		}
	}
	got, _ := listEntries(t.Context(), &pages{}, api.AuditRequest{}, 50)
	rows := entryRows(got)
	if d := cmp.Diff([]string{"1970-01-01 00:00:00Z", "ci?[2J", "resolve", "main/db", "2", "ok"}, rows[1]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"revoke_token", "0123", ""}, rows[3][2:5]); d != "" {
		t.Error(d)
	}
}

// When a token ends.
func TestExpiry(t *testing.T) {
	for text, least := range map[string]time.Duration{"90d": 89 * 24 * time.Hour, "12h": 11 * time.Hour, "2999-01-01": 24 * time.Hour, "2999-01-01T00:00:00+02:00": time.Hour} {
		var e expiryFlag
		if err := e.Set(text); err != nil || time.Until(e.at.Time) < least {
			t.Errorf("%s: %v %v", text, e.at, err)
		}
	}
	for _, text := range []string{"", "0d", "-1d", "1e9d", "0s", "-5m", "2020-01-01", "tomorrow", "90"} {
		var e expiryFlag
		if err := e.Set(text); err == nil || !e.at.IsZero() {
			t.Errorf("%q is taken for %v", text, e.at)
		}
	}
}
