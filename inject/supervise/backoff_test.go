package supervise

import (
	"testing"
	"time"
)

func TestBackoffDoublesAndCalms(t *testing.T) {
	f := failures{backoff: Backoff{}.withDefaults()}
	now := time.Unix(1000, 0)
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		if got, over := f.add(now, time.Second, true); got != want*time.Second || over {
			t.Errorf("failure %d: a pause of %s (over: %v), want %s", i+1, got, over, want*time.Second)
		}
	}
	if got, _ := f.add(now, time.Minute, true); got != time.Second {
		t.Errorf("after a calm minute: %s", got)
	}
	if got, _ := f.add(now, time.Minute-1, true); got != 2*time.Second {
		t.Errorf("after less than that: %s", got)
	}
}

func TestLimitCountsFailuresWithinItsPeriod(t *testing.T) {
	f := failures{backoff: Backoff{}.withDefaults(), limit: Limit{2, time.Minute}}
	start := time.Unix(1000, 0)
	for _, step := range []struct {
		at     time.Duration
		failed bool
		over   bool
	}{
		{0, true, false}, {time.Second, true, false},
		{2 * time.Second, false, false},           // an end without failure is not counted
		{time.Minute, true, false},                // the first is forgotten by now
		{time.Minute + time.Second/2, true, true}, // three within a minute
		{10 * time.Minute, true, false},
	} {
		if _, over := f.add(start.Add(step.at), 0, step.failed); over != step.over {
			t.Errorf("at %s (failed: %v): over is %v", step.at, step.failed, over)
		}
	}
	none := failures{backoff: Backoff{}.withDefaults()}
	for range 1000 {
		if _, over := none.add(start, 0, true); over {
			t.Fatal("there is no limit")
		}
	}
	zero := failures{backoff: Backoff{}.withDefaults(), limit: Limit{0, time.Minute}}
	if _, over := zero.add(start, 0, true); !over {
		t.Error("0/1m allows no failure")
	}
}

func TestParseLimit(t *testing.T) {
	if got, err := ParseLimit("5/10m"); err != nil || got != (Limit{5, 10 * time.Minute}) {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "5", "5/", "/10m", "-1/10m", "5/-1m", "5/0s", "x/1m", "5/x", "5/1m/1m"} {
		if got, err := ParseLimit(bad); err == nil || got != (Limit{}) {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
}
