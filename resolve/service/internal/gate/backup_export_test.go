package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/seal"
	"github.com/squire-env/squire/resolve/service/internal/store"
)

type countExport struct{ began, records int }

func (c *countExport) Begin(StoreID, *seal.Keyring) error { c.began++; return nil }
func (c *countExport) Put(string, string, []byte) error   { c.records++; return nil }

// All of a large store is checked, up to the last record, before any of it is
// exported.
func TestExportLooksAtAll(t *testing.T) {
	ctx := context.Background()
	g := newGate(t, nil)
	const secrets = 2*inspectVersions + 10
	err := g.Write(ctx, owner, []Access{{Create, "main", ""}}, func(r *Records) error {
		for i := range secrets {
			if _, err := r.NewSecret("main", fmt.Sprintf("s%05d", i), map[string]resolve.Value{"A": resolve.NewValue("canary")}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var whole countExport
	if err := g.Export(ctx, owner, &whole); err != nil || whole.began != 1 || whole.records < 3*secrets {
		t.Fatal(whole, err)
	}
	for _, name := range []string{"s00000", fmt.Sprintf("s%05d", secrets/2), fmt.Sprintf("s%05d", secrets-1)} {
		key := versionKey("main", name, 1)
		flip := func(tx store.Tx) error {
			b, err := tx.Get(secretsBucket, key)
			if err != nil {
				return err
			}
			b[len(b)-1] ^= 1
			return tx.Put(secretsBucket, key, b)
		}
		if err := g.Store.Update(ctx, flip); err != nil {
			t.Fatal(err)
		}
		var none countExport
		if err := g.Export(ctx, owner, &none); !errors.Is(err, resolve.ErrCorrupt) || !strings.Contains(err.Error(), name) || none.began != 0 {
			t.Fatal(name, none, err)
		}
		if err := g.Store.Update(ctx, flip); err != nil {
			t.Fatal(err)
		}
	}
}
