package filewatch

import "time"

// busy is for folders in which others write all the time: a wake-up for each
// event costs far more than the event. Beyond a rate it has the Watcher rest when
// it has taken all that there was, so that the kernel collects events meanwhile.
// It costs the files of ours in such a folder a delay.
type busy struct {
	level  float64 // foreign events, less those that the rate allows
	at     time.Time
	rested time.Time
}

const (
	foreignRate  = 100 // events a second
	foreignBurst = 100 // events
	rest         = 100 * time.Millisecond
	wakeUp       = 200 * time.Microsecond // an event that comes later than that after another was waited for
	longest      = 50 * time.Millisecond  // without a rest: more than the kernel's queue takes
)

// foreign notes an event that is not about a file of ours, and says whether to
// rest now.
func (b *busy) foreign(now time.Time) bool {
	since := now.Sub(b.at)
	b.level = 1 + max(0, min(b.level, 2*foreignBurst)-foreignRate*since.Seconds())
	b.at = now
	return b.level > foreignBurst && (min(since, now.Sub(b.rested)) > wakeUp || now.Sub(b.rested) > longest)
}
