package gate

import (
	"sync"
)

// hub tells who waits for a secret that it may have changed. Topics are
// secrets, <environment>/<name>, and environments, <environment>/.
type hub struct {
	mu   sync.Mutex
	subs map[string]map[*Subscription]bool
}

// Subscription hears of changes until it is closed.
type Subscription struct {
	// C has something in it when anything may have changed since it was last
	// received from.
	C      chan struct{}
	hub    *hub
	topics []string
}

// Subscribe listens to changes of the secrets that the accesses name.
func (g *Gate) Subscribe(accesses []Access) *Subscription {
	s := &Subscription{C: make(chan struct{}, 1), hub: &g.hub}
	for _, a := range accesses {
		s.topics = append(s.topics, secretKey(a.Environment, a.Name), a.Environment+"/")
	}
	g.hub.mu.Lock()
	defer g.hub.mu.Unlock()
	for _, t := range s.topics {
		if g.hub.subs == nil {
			g.hub.subs = map[string]map[*Subscription]bool{}
		}
		if g.hub.subs[t] == nil {
			g.hub.subs[t] = map[*Subscription]bool{}
		}
		g.hub.subs[t][s] = true
	}
	return s
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, t := range s.topics {
		if delete(s.hub.subs[t], s); len(s.hub.subs[t]) == 0 {
			delete(s.hub.subs, t)
		}
	}
}

// publish wakes those who listen to the topics; nil wakes everybody.
func (h *hub) publish(topics []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if topics == nil {
		for _, subs := range h.subs {
			wake(subs)
		}
	}
	for _, t := range topics {
		wake(h.subs[t])
	}
}

func wake(subs map[*Subscription]bool) {
	for s := range subs {
		select {
		case s.C <- struct{}{}:
		default: // it has not looked yet
		}
	}
}

// changed is for Store.Listen.
func (g *Gate) changed(topics []string) { g.hub.publish(topics) }
