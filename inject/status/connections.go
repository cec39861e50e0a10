package status

import (
	"net"
	"slices"
	"sync"
)

// connections are those that are being served. If there are too many, the oldest
// is closed: a probe is answered at once, so the oldest is a slow client, which
// must not make a probe fail.
type connections struct {
	mu   sync.Mutex
	open []net.Conn // the oldest first
}

func (k *connections) add(c net.Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.open) == maxConnections {
		_ = k.open[0].Close()
		k.open = slices.Delete(k.open, 0, 1)
	}
	k.open = append(k.open, c)
}

func (k *connections) remove(c net.Conn) {
	_ = c.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.Index(k.open, c); i >= 0 {
		k.open = slices.Delete(k.open, i, i+1)
	}
}
