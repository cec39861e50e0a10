package supervise

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Backoff are the pauses before a command that failed starts again.
type Backoff struct {
	First time.Duration // after the first failure; doubled by each that follows. 0: 1 s
	Max   time.Duration // the longest. 0: 1 min
	Calm  time.Duration // who ran for so long begins with First again. 0: 1 min
}

func (b Backoff) withDefaults() Backoff {
	if b.First == 0 {
		b.First = time.Second
	}
	if b.Max == 0 {
		b.Max = time.Minute
	}
	if b.Calm == 0 {
		b.Calm = time.Minute
	}
	return b
}

// Limit is a number of failures in a time.
type Limit struct {
	N      int
	Period time.Duration
}

// ParseLimit reads N/PERIOD, such as 5/10m.
func ParseLimit(text string) (Limit, error) {
	count, period, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	d, perr := time.ParseDuration(period)
	if !ok || err != nil || perr != nil || n < 0 || d <= 0 {
		return Limit{}, errors.New("want N/PERIOD, such as 5/10m")
	}
	return Limit{n, d}, nil
}

// failures remembers when a command failed. The clock is its caller's.
type failures struct {
	backoff Backoff
	limit   Limit
	next    time.Duration
	times   []time.Time // within the limit's period
}

// add notes that a command has ended now, after it ran for so long. It returns
// the pause before the next start; over says that it failed too often.
func (f *failures) add(now time.Time, ran time.Duration, failed bool) (pause time.Duration, over bool) {
	if f.next == 0 || ran >= f.backoff.Calm {
		f.next = f.backoff.First
	}
	pause, f.next = f.next, min(2*f.next, f.backoff.Max)
	if f.limit.Period == 0 || !failed {
		return pause, false
	}
	kept := f.times[:0]
	for _, t := range f.times {
		if now.Sub(t) < f.limit.Period {
			kept = append(kept, t)
		}
	}
	f.times = append(kept, now)
	return pause, len(f.times) > f.limit.N
}
