//go:build unix

package change

import (
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAction(t *testing.T) {
	for text, want := range map[string]Action{
		"none":                  {Kind: Ignore},
		"signal:HUP":            {Kind: Notify, Signal: syscall.SIGHUP},
		"signal:sigusr1":        {Kind: Notify, Signal: syscall.SIGUSR1},
		"exec:nginx -s reload":  {Kind: Hook, Command: []string{"nginx", "-s", "reload"}},
		"exec: a:b  'c d' $E\t": {Kind: Hook, Command: []string{"a:b", "'c", "d'", "$E"}}, // no shell
		"restart":               {Kind: Restart},
		"exit":                  {Kind: Exit},
	} {
		got, err := ParseAction(text)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%q: %v\n%s", text, err, d)
		}
	}
	for _, bad := range []string{"", "RESTART", "restart:", "signal", "signal:", "signal:hunter2", "signal:99", "exec:", "exec: ", "exec", "none:x", "hunter2"} {
		_, err := ParseAction(bad)
		if err == nil {
			t.Errorf("%q is taken", bad)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q is echoed: %s", bad, err)
		}
	}
}

func TestStrongerKeepsTheStrongest(t *testing.T) {
	order := []Kind{Ignore, Notify, Hook, Restart, Exit}
	for i, a := range order {
		for j, b := range order {
			if got := Stronger(Action{Kind: a}, Action{Kind: b}).Kind; got != order[max(i, j)] {
				t.Errorf("%d and %d: %d", a, b, got)
			}
		}
	}
}
