package filewatch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestBusy(t *testing.T) {
	var b busy
	now := time.Now()
	for range foreignBurst {
		if b.foreign(now) {
			t.Fatal("a burst is no reason to rest")
		}
	}
	if !b.foreign(now) {
		t.Fatal("no rest")
	}
	now = now.Add(rest)
	b.rested = now
	for range 1000 { // what was collected is taken
		if now = now.Add(between / 1000); b.foreign(now) {
			t.Fatal("rests before it has taken what was collected")
		}
	}
	if now = now.Add(1); !b.foreign(now) {
		t.Fatal("no rest after that")
	}
	for range 1000 { // slowly
		now = now.Add(2 * time.Second / foreignRate)
		if b.foreign(now) {
			b.rested = now
		}
	}
	if b.foreign(now.Add(time.Second / foreignRate)) {
		t.Error("rests although there is little to do")
	}
}

// TestChangesInABusyFolder are seen, though others write there without a pause.
func TestChangesInABusyFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	write(t, path, "old")
	w := watch(t, Config{Paths: []string{path}, Poll: Never})
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_ = os.WriteFile(filepath.Join(dir, "other"), nil, 0o600)
			}
		}
	}()
	for _, text := range []string{"1", "2", "3", "4", "5"} {
		begun := time.Now()
		rename(t, path, text)
		until(t, w, path, text)
		t.Logf("seen after %s", time.Since(begun).Round(time.Millisecond))
	}
	close(stop)
	<-stopped
}
