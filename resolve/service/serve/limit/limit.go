// Package limit makes failed sign-ins scarce: each address has so many of
// them, which come back with time. A success costs nothing.
package limit

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Config says how many failures an address has.
type Config struct {
	Burst     int           // failures at once; 0: 20
	Every     time.Duration // how long until one of them comes back; 0: 3 s
	Addresses int           // how many are remembered, the latest; 0: 16,384 (about 3 MB)

	Now func() time.Time // a seam for tests; nil: time.Now, whose steps do not count here
}

// Limiter counts failures by address. It is safe for concurrent use.
type Limiter struct {
	cfg Config

	mu   sync.Mutex
	full *simplelru.LRU[netip.Addr, time.Time] // when an address has all its failures again
}

// New makes a Limiter.
func New(cfg Config) *Limiter {
	if cfg.Burst <= 0 {
		cfg.Burst = 20
	}
	if cfg.Every <= 0 {
		cfg.Every = 3 * time.Second
	}
	if cfg.Addresses <= 0 {
		cfg.Addresses = 1 << 14
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	full, _ := simplelru.NewLRU[netip.Addr, time.Time](cfg.Addresses, nil) // fails only for a size of 0
	return &Limiter{cfg: cfg, full: full}
}

// Allow says whether addr may try to sign in, or after how long it may. It
// costs nothing.
func (l *Limiter) Allow(addr netip.Addr) (ok bool, retryAfter time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.full.Peek(group(addr)) // to ask is not to be remembered for longer
	if !known {
		return true, 0
	}
	// A bucket that is full at a time t lacks (t - now) / Every failures.
	wait := full.Sub(l.cfg.Now()) - time.Duration(l.cfg.Burst-1)*l.cfg.Every
	return wait <= 0, max(wait, 0)
}

// Fail counts a failure of addr's. Those that were under way when the last
// was spent count as well, up to as many again.
func (l *Limiter) Fail(addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	addr, now := group(addr), l.cfg.Now()
	full, known := l.full.Peek(addr)
	if !known || full.Before(now) {
		full = now
	}
	longest := now.Add(2 * time.Duration(l.cfg.Burst) * l.cfg.Every)
	if full = full.Add(l.cfg.Every); full.After(longest) {
		full = longest
	}
	l.full.Add(addr, full)
}

// group is what counts as one address: of IPv6 a /64, which is the least that
// one host is given.
func group(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		p, _ := addr.Prefix(64) // fails only for a size of more than 128
		return p.Addr()
	}
	return addr
}
