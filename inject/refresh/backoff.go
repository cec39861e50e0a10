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

// outage decides which failures in a row are reported: the first, and then at
// longer and longer intervals. One with another text is reported earlier, but
// not always, since some texts hold a time or a number.
type outage struct {
	text   string
	said   time.Time
	silent time.Duration // how long the same text is not repeated; 0: no outage
}

const (
	otherText   = 10 * time.Second
	firstSilent = time.Minute
	longest     = time.Hour
)

func (o *outage) report(err error, now time.Time) bool {
	text, since := err.Error(), now.Sub(o.said)
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
	o.text, o.said = text, now
	return true
}

// end says whether there was an outage.
func (o *outage) end() bool {
	was := o.silent != 0
	*o = outage{}
	return was
}
