package filewatch

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestRandomChanges makes, moves, links and removes whatever a few names in a
// small tree may be, as fast as it can, and then waits until what was read after
// the last report is what is there. No poll helps.
func TestRandomChanges(t *testing.T) {
	if !watchesWays {
		t.Skip("the folders above are not watched here")
	}
	rounds := 500
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	top := t.TempDir()
	pick := func() string { // few names, so that they meet
		path := top
		for range 1 + random.IntN(3) {
			path = filepath.Join(path, string(rune('a'+random.IntN(3))))
		}
		return path
	}
	paths := []string{top + "/a/b/c", top + "/a/../b/a", top + "/c"}
	w := watch(t, Config{Paths: paths, Poll: Never})
	count := 0
	change := func() string {
		one, other := pick(), pick()
		count++
		switch random.IntN(8) {
		case 0:
			_ = os.MkdirAll(one, 0o700)
			return "mkdir " + one
		case 1:
			_ = os.RemoveAll(one)
			return "rm " + one
		case 2:
			_ = os.Rename(one, other)
			return "mv " + one + " " + other
		case 3:
			_ = os.Link(one, other)
			return "ln " + one + " " + other
		case 4:
			_ = os.Symlink(other, one)
			return "ln -s " + other + " " + one
		case 5:
			target, _ := filepath.Rel(filepath.Dir(one), other)
			_ = os.Symlink(target, one)
			return "ln -s " + target + " " + one
		default:
			_ = os.WriteFile(one, fmt.Append(nil, count), 0o600)
			return "write " + one
		}
	}
	read := func() (texts [3]string) {
		for i, p := range paths {
			b, err := os.ReadFile(p)
			if texts[i] = string(b); err != nil {
				texts[i] = "none"
			}
		}
		return texts
	}
	known := read()
	for round := range rounds {
		var done []string
		for range 1 + random.IntN(6) {
			done = append(done, change())
		}
		for now := read(); known != now; {
			select {
			case <-w.Changes():
				known = read()
			case <-time.After(10 * time.Second):
				t.Fatalf("round %d: %q is still taken for %q; after %q", round, now, known, done)
			}
		}
	}
}
