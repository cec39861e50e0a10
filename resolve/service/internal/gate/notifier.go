package gate

import (
	"sync"
)

// notifier wakes the subscriptions to a secret when it may have changed. Topics
// are secrets, <environment>/<name>, and environments, <environment>/.
type notifier struct {
	mu   sync.Mutex
	subs map[string]map[*Subscription]bool
}

// Subscription is notified of changes until it is closed.
type Subscription struct {
	// C is ready when something may have changed since it was last received from.
	C        chan struct{}
	notifier *notifier
	topics   []string
}

// Subscribe makes a Subscription to the secrets that the accesses name.
func (g *Gate) Subscribe(accesses []Access) *Subscription {
	s := &Subscription{C: make(chan struct{}, 1), notifier: &g.notifier}
	for _, a := range accesses {
		s.topics = append(s.topics, secretKey(a.Environment, a.Name), a.Environment+"/")
	}
	g.notifier.mu.Lock()
	defer g.notifier.mu.Unlock()
	for _, t := range s.topics {
		if g.notifier.subs == nil {
			g.notifier.subs = map[string]map[*Subscription]bool{}
		}
		if g.notifier.subs[t] == nil {
			g.notifier.subs[t] = map[*Subscription]bool{}
		}
		g.notifier.subs[t][s] = true
	}
	return s
}

// Close ends the subscription.
func (s *Subscription) Close() {
	s.notifier.mu.Lock()
	defer s.notifier.mu.Unlock()
	for _, t := range s.topics {
		if delete(s.notifier.subs[t], s); len(s.notifier.subs[t]) == 0 {
			delete(s.notifier.subs, t)
		}
	}
}

// publish wakes the subscriptions to the topics; nil wakes all of them.
func (n *notifier) publish(topics []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if topics == nil {
		for _, subs := range n.subs {
			wake(subs)
		}
	}
	for _, t := range topics {
		wake(n.subs[t])
	}
}

func wake(subs map[*Subscription]bool) {
	for s := range subs {
		select {
		case s.C <- struct{}{}:
		default: // it has not received the last one yet
		}
	}
}

// changed is the listener of the store.
func (g *Gate) changed(topics []string) { g.notifier.publish(topics) }
