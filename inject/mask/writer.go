package mask

import (
	"bytes"
	"io"

	"github.com/squire-env/squire/resolve"
)

// Writer hides values in what is written through it. What may be the beginning
// of a value is held until more comes, or Idle or Close is called. It is for
// one goroutine at a time.
type Writer struct {
	masker *Masker
	dst    io.Writer

	held []byte // what may be the beginning of a value
	done int    // so much of held is dealt with: let go, or shown as the mask
	open int    // so much of held is under the last mask, which a value that begins there shares
	out  []byte // what goes to dst, put together
	err  error  // dst's; it is not written to again
}

const (
	letGo  = 8  // as many bytes Idle lets go at most
	enough = 16 // as many bytes of a value's beginning are always too much at the end
)

// Write writes p, with the values hidden, in one write to the destination.
func (w *Writer) Write(p []byte) (int, error) {
	if err := w.scan(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what was held; nothing follows it. If it is the beginning of a value,
// of MinLen bytes or more, it is hidden if it is half of the value or 16 bytes;
// a shorter one is written.
func (w *Writer) Close() error { return w.scan(nil, true) }

// Holding says whether something is held that Idle might let go.
func (w *Writer) Holding() bool { return w.done < len(w.held) && w.err == nil }

// Idle is to be called when nothing was written for a while. An interactive
// program may wait for an answer to what is held, and so a short beginning is
// let go: 8 bytes or fewer, and fewer than half of each value that it may
// become; and the end of a line that is hidden. The rest, when it comes, is
// hidden still. A longer beginning stays held.
func (w *Writer) Idle() error {
	if !w.Holding() {
		return w.err
	}
	m, upTo := w.masker.current.Load().get(), len(w.held)
	for at := range w.held {
		longest, unfinished := m.match(w.held[at:])
		if rest := w.held[at+longest:]; longest > 0 && len(bytes.Trim(rest, "\r\n")) == 0 && at+longest <= w.done {
			break // a line that is under the mask, and its end
		}
		n := len(w.held) - at
		if longest > 0 || !unfinished.empty() && (n > letGo || 2*n >= m.shortest(unfinished)) {
			upTo = at
			break
		}
	}
	w.out = w.out[:0]
	w.pass(w.held, upTo)
	return w.send(w.out)
}

// scan finds the values in what is held and p. The text's beginning that can
// no longer be a part of one goes to the destination; the rest is held.
func (w *Writer) scan(p []byte, end bool) error {
	if w.err != nil {
		return w.err
	}
	m, text := w.masker.current.Load().get(), p
	if len(w.held) > 0 {
		w.held = append(w.held, p...)
		text = w.held
	}
	w.out = w.out[:0]
	settled := len(text)
	for at := m.next(text, 0); at < len(text); at = m.next(text, at+1) {
		n, unfinished := m.match(text[at:])
		if rest := len(text) - at; end && !unfinished.empty() && tooMuch(rest, m, unfinished) {
			n = rest
		}
		if n > 0 {
			w.hide(text, at, at+n)
		}
		if !end && !unfinished.empty() {
			settled = at
			break
		}
	}
	if len(w.out) == 0 && w.done < settled { // nothing to put together
		_ = w.send(text[w.done:settled])
		w.done = settled
	} else {
		w.pass(text, settled)
		_ = w.send(w.out)
	}
	w.held = append(w.held[:0], text[settled:]...)
	w.done, w.open = max(w.done-settled, 0), max(w.open-settled, 0)
	return w.err
}

func tooMuch(n int, m *matcher, unfinished span) bool {
	return n >= MinLen && (n >= enough || 2*n >= m.shortest(unfinished))
}

// hide puts text[from:to] under a mask: a new one, or the last where it
// reaches as far.
func (w *Writer) hide(text []byte, from, to int) {
	if from >= w.open {
		if to <= w.done {
			return // a value that was added when this was long gone
		}
		w.pass(text, from)
		w.out = append(w.out, resolve.Redacted...)
	}
	w.open = max(w.open, to)
	w.done = max(w.done, to)
}

// pass lets the text up to a place go as it is.
func (w *Writer) pass(text []byte, upTo int) {
	if w.done < upTo {
		w.out = append(w.out, text[w.done:upTo]...)
		w.done = upTo
	}
}

func (w *Writer) send(p []byte) error {
	if len(p) > 0 && w.err == nil {
		_, w.err = w.dst.Write(p)
	}
	return w.err
}
