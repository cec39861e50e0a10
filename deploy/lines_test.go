package deploy

import (
	"strings"
	"sync"
)

// lines is a writer that tells when a text has come.
type lines struct {
	text  string
	found chan struct{}

	mu   sync.Mutex
	all  strings.Builder
	done bool
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(b)
	if !l.done && strings.Contains(l.all.String(), l.text) {
		l.done = true
		close(l.found)
	}
	return len(b), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}
