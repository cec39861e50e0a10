package main

import "sync"

// repeats holds back what the last refresh has warned of already: what is
// wrong for a day is said once, and again when it comes back.
type repeats struct {
	mu        sync.Mutex
	last, now map[string]bool
}

// turn begins a refresh.
func (r *repeats) turn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.now = r.now, map[string]bool{}
}

// told says whether a text was said before, and that it is now.
func (r *repeats) told(text string) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		r.now = map[string]bool{}
	}
	was := r.last[text] || r.now[text]
	r.now[text] = true
	return was
}

// warn reports what does not stop the work.
func (s *session) warn(text string) {
	if !s.repeats.told(text) {
		s.messages.Warn(text)
	}
}
