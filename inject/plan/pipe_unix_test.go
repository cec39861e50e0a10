//go:build unix

package plan

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
)

// TestPipeIsExpandedAgain reads a FIFO once, and what it refers to each time.
func TestPipeIsExpandedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	go func() { _ = os.WriteFile(path, []byte("URL=u:${PW}\n"), 0o600) }()
	db := stored{"db": {"PW": "1"}}
	r := resolver(db)
	r.Again = true
	p := Plan{Sources: []Source{{Kind: Named, Ref: resolve.Ref{Path: "db"}}, {Kind: Dotenv, Path: path}}}
	for _, pw := range []string{"1", "2"} {
		db["db"]["PW"] = pw
		if d := cmp.Diff([]string{"PW=" + pw, "URL=u:" + pw}, mustResolve(t, r, p)); d != "" {
			t.Error(d)
		}
		_ = os.Remove(path) // it may be gone, too
	}
}
