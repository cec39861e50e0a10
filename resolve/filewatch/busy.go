package filewatch

import "time"

// busy is for folders in which others write all the time: a wake-up for each
// event costs far more than the event. Beyond a rate it has the Watcher rest
// again and again, so that the kernel collects events meanwhile. It costs the
// files of ours in such a folder a delay.
type busy struct {
	level  float64 // foreign events, less those that the rate allows
	at     time.Time
	rested time.Time
}

const (
	foreignRate  = 100 // events a second
	foreignBurst = 100 // events
	rest         = 100 * time.Millisecond
	between      = 20 * time.Millisecond // two rests: enough to take most of what the kernel keeps
)

// foreign notes an event that is not about a file of ours, and says whether to
// rest now.
func (b *busy) foreign(now time.Time) bool {
	b.level = 1 + max(0, min(b.level, 2*foreignBurst)-foreignRate*now.Sub(b.at).Seconds())
	b.at = now
	return b.level > foreignBurst && now.Sub(b.rested) > between
}
