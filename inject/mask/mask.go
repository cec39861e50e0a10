// Package mask hides secret values in a stream of bytes: what a command writes,
// on its way to a terminal or a log. Start with New, Add the values, and write
// through a Writer.
//
// It hides every value of MinLen bytes or more, wherever it is and however it is
// split over writes: as it is, with newlines as a terminal shows them, line by
// line, in base64, hexadecimal, URL and JSON encoding, and quoted as shells,
// Python, SQL and HTML do (forms.go lists them). Values that overlap are hidden
// as one. The replacement is always the same text, so that it says nothing of
// their length.
//
// It cannot hide what looks like other text: values of fewer bytes, parts of a
// line, other encodings or encodings of encodings, and a value that is broken up
// by a colour or by a line editor. If a value is somewhere inside a text in
// base64, the letters that mix its first or last bits with its neighbours'
// remain.
//
// It makes no promise of compatibility.
package mask

import (
	"io"
	"sync"
	"sync/atomic"

	"github.com/squire-env/squire/resolve"
)

// MinLen is the length of the shortest value that is hidden: a shorter one
// would be found, and hidden, in much that is no secret.
const MinLen = 6

// What is remembered of values that were added once and are no longer.
const (
	maxOldValues = 1 << 12
	maxOldBytes  = 1 << 20
)

// Masker knows the values to hide. It is safe for concurrent use; its Writers
// hide a value from the moment at which Add has returned.
type Masker struct {
	mu      sync.Mutex
	values  []string // the latest added are the last
	current atomic.Pointer[lazy]
}

// lazy is a matcher that is made when it is first asked: by the one who
// copies, while the command starts, and not by the one who starts it.
type lazy struct {
	once   sync.Once
	values []string
	*matcher
}

func (l *lazy) get() *matcher {
	l.once.Do(func() { l.matcher = newMatcher(l.values) })
	return l.matcher
}

// New makes a Masker that hides nothing yet.
func New() *Masker {
	m := &Masker{}
	m.current.Store(&lazy{})
	return m
}

// Add hides these values too. Those of earlier calls stay hidden, since an
// older process may still write them, up to 4,096 values and 1 MiB of them, the
// latest; those of this call always. So give it all that are in use at once.
func (m *Masker) Add(values ...resolve.Value) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := make(map[string]bool, len(values))
	var latest []string
	for _, v := range values {
		if text := v.Reveal(); len(text) >= MinLen && !seen[text] {
			seen[text] = true
			latest = append(latest, text)
		}
	}
	var old []string
	for _, text := range m.values {
		if !seen[text] {
			old = append(old, text)
		}
	}
	if len(old)+len(latest) == len(m.values) { // nothing new
		m.values = append(old, latest...)
		return
	}
	size := 0
	for i := len(old) - 1; i >= 0; i-- {
		if size += len(old[i]); size > maxOldBytes || len(old)-i > maxOldValues {
			old = old[i+1:]
			break
		}
	}
	m.values = append(old, latest...)
	m.current.Store(&lazy{values: m.values})
}

// Writer makes a Writer to dst.
func (m *Masker) Writer(dst io.Writer) *Writer { return &Writer{masker: m, dst: dst} }
