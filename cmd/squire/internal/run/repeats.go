package run

import "sync"

// repeats suppresses a warning that the last refresh gave already: what is wrong
// for a day is reported once, and again when it comes back.
type repeats struct {
	warn func(text string)

	mu        sync.Mutex
	last, now map[string]bool
}

// begin is called before each refresh.
func (r *repeats) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.now = r.now, map[string]bool{}
}

func (r *repeats) tell(text string) {
	r.mu.Lock()
	if r.now == nil {
		r.now = map[string]bool{}
	}
	known := r.last[text] || r.now[text]
	r.now[text] = true
	r.mu.Unlock()
	if !known {
		r.warn(text)
	}
}
