//go:build unix

package postgres

import (
	"errors"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

// A schema that another role has created, or one with a trigger, is not used.
func TestForeignSchema(t *testing.T) {
	url := shared.Database(t)
	shared.Exec(t, url, "create role evil_owner")
	shared.Exec(t, url, "create schema squire authorization evil_owner")
	mine := strings.Replace(url, "user=postgres", "user=squired_plain", 1)
	shared.Exec(t, url, "create role squired_plain login")
	shared.Exec(t, url, "grant all on schema squire to squired_plain")
	if _, err := open(t.Context(), Config{URL: mine}, store.Options{}); !errors.Is(err, resolve.ErrUnavailable) || !strings.Contains(err.Error(), "belongs to another role") {
		t.Fatal(err)
	}

	url = shared.Database(t)
	s, err := open(t.Context(), Config{URL: url}, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	shared.Exec(t, url, "create function spy() returns trigger language plpgsql as 'begin return new; end'")
	shared.Exec(t, url, "create trigger spy before insert on squire.records for each row execute function spy()")
	if _, err := open(t.Context(), Config{URL: url}, store.Options{}); !errors.Is(err, resolve.ErrUnavailable) {
		t.Fatal(err)
	}
}
