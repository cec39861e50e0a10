package refresh

import (
	"testing"

	"github.com/squire-env/squire/inject/change"
)

func TestCompare(t *testing.T) {
	none := change.Action{}
	hook := change.Action{Kind: change.Hook, Command: []string{"a"}}
	for name, tt := range map[string]struct {
		was, now []source
		changed  bool
		do       change.Kind
	}{
		"same":             {[]source{remote("a", exit, "X", "1")}, []source{remote("a", exit, "X", "1")}, false, none.Kind},
		"other action":     {[]source{remote("a", exit, "X", "1")}, []source{remote("a", restart, "X", "1")}, false, none.Kind},
		"changed":          {[]source{remote("a", notify, "X", "1")}, []source{remote("a", notify, "X", "2")}, true, notify.Kind},
		"nothing to do":    {[]source{remote("a", none, "X", "1")}, []source{remote("a", none, "X", "2")}, true, none.Kind},
		"one of two":       {[]source{remote("a", restart, "X", "1"), remote("b", notify, "Y", "1")}, []source{remote("a", restart, "X", "1"), remote("b", notify, "Y", "2")}, true, notify.Kind},
		"the strongest":    {[]source{remote("a", hook, "X", "1"), remote("b", notify, "Y", "1")}, []source{remote("a", hook, "X", "2"), remote("b", notify, "Y", "2")}, true, hook.Kind},
		"hidden":           {[]source{remote("a", exit, "X", "1"), remote("b", notify, "X", "3")}, []source{remote("a", exit, "X", "2"), remote("b", notify, "X", "3")}, false, none.Kind},
		"uncovers another": {[]source{remote("a", none, "X", "1"), remote("b", restart, "X", "2")}, []source{remote("a", none, "X", "1"), remote("b", restart)}, true, restart.Kind},
		"uncovers ours":    {[]source{remote("a", restart, "INHERITED", "2")}, []source{remote("a", restart)}, true, restart.Kind},
		"gone":             {[]source{remote("a", notify, "X", "1")}, []source{remote("a", notify)}, true, notify.Kind},
		"new source":       {[]source{remote("a", exit, "X", "1")}, []source{remote("b", notify, "Y", "1"), remote("a", exit, "X", "1")}, true, notify.Kind},
		"source gone":      {[]source{remote("a", exit, "X", "1"), remote("b", notify, "Y", "1")}, []source{remote("a", exit, "X", "1")}, true, notify.Kind},
		"moved":            {[]source{remote("a", exit, "X", "1"), remote("b", notify, "Y", "1")}, []source{remote("b", hook), remote("a", exit, "X", "1")}, true, hook.Kind},
	} {
		t.Run(name, func(t *testing.T) {
			changed, do := (&Config{}).compare(mustResult(t, tt.was...), mustResult(t, tt.now...))
			if changed != tt.changed || do.Kind != tt.do {
				t.Errorf("changed %t, do %d; want %t, %d", changed, do.Kind, tt.changed, tt.do)
			}
		})
	}
	was, now := remote("a", exit, "X", "1"), remote("a", exit, "X", "2")
	was.OnChange, now.OnChange = nil, nil
	if _, do := (&Config{OnChange: notify}).compare(mustResult(t, was), mustResult(t, now)); do.Kind != notify.Kind {
		t.Errorf("a source without an action of its own: %s", do)
	}
}
