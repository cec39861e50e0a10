package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestCanary changes a value and panics with it: no State has it. Changed is
// given the set, and nobody else.
func TestCanary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const canary = "c4n4ry"
		w := begin(t, Config{}, remote("db", restart, "X", canary+"1"))
		w.set(0, "X", canary+"2")
		w.Trigger()
		if log, _ := w.took(); len(log) != 1 {
			t.Fatalf("reported %q", log)
		}
		w.resolve = func() { panic(canary) }
		w.Trigger()
		log, _ := w.took()
		w.after(time.Second)
		s := w.State()
		text, err := json.Marshal(s)
		if err != nil || s.Failures == 0 || s.Changes != 1 {
			t.Fatalf("%+v, %v", s, err)
		}
		if all := string(text) + fmt.Sprintf("%+v %q", s, log); strings.Contains(all, canary) {
			t.Errorf("a value in %s", all)
		}
	})
}

// TestTokenInPlaceOfAName types a token where a name belongs: it is in no State.
func TestTokenInPlaceOfAName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		token := "squire_" + strings.Repeat("A", 50)
		w := &world{t: t, start: time.Now(), sources: []source{remote("db", restart, "X", "1")}}
		w.watch = func(context.Context) error { return errors.New("no secret " + token) }
		w.run(Config{})
		w.after(time.Second)
		w.fail("no secret " + token)
		w.Trigger()
		w.after(time.Second)
		s := w.State()
		if s.Sources[0].LastError != "no secret [redacted]" || s.WatchError != "no secret [redacted]" {
			t.Errorf("%q, %q", s.Sources[0].LastError, s.WatchError)
		}
	})
}
