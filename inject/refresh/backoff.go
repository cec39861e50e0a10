package refresh

import "time"

// backoff are the pauses after failures in a row: 1 s, doubled up to a minute,
// each shortened by up to a half, so that a fleet does not come back at once.
type backoff struct {
	first, most, next time.Duration
}

func newBackoff() backoff { return backoff{first: time.Second, most: time.Minute} }

func (b *backoff) pause(random func() float64) time.Duration {
	if b.next == 0 {
		b.next = b.first
	}
	d := b.next
	b.next = min(2*d, b.most)
	return d/2 + time.Duration(random()*float64(d/2))
}

func (b *backoff) reset() { b.next = 0 }

// outage decides which failures in a row are told: the first, and then at
// growing intervals; one that says something else earlier, but not each, for
// some texts hold a time or a number.
type outage struct {
	text   string
	told   time.Time
	silent time.Duration // how long the same text is not told again; 0: no outage
}

const (
	otherText   = 10 * time.Second
	firstSilent = time.Minute
	longest     = time.Hour
)

func (o *outage) tell(err error, now time.Time) bool {
	text, since := err.Error(), now.Sub(o.told)
	switch {
	case o.silent == 0:
		o.silent = firstSilent
	case text != o.text && since >= otherText:
		o.silent = firstSilent
	case since >= o.silent:
		o.silent = min(2*o.silent, longest)
	default:
		return false
	}
	o.text, o.told = text, now
	return true
}

// end says whether there was an outage.
func (o *outage) end() bool {
	was := o.silent != 0
	*o = outage{}
	return was
}
