// Package limit bounds failed sign-ins per client address, with a token bucket
// for each address. A successful sign-in is never counted.
package limit

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Config sets how many failures an address may have.
type Config struct {
	Burst     int           // failures in a row; 0: 20
	Every     time.Duration // time until one more is allowed; 0: 3 s
	Addresses int           // most recent addresses kept in memory; 0: 16,384 (about 3 MB)

	Now func() time.Time // for tests; nil: time.Now, of which only the monotonic clock counts
}

// Limiter counts failures by address. It is safe for concurrent use.
type Limiter struct {
	cfg Config

	mu   sync.Mutex
	full *simplelru.LRU[netip.Addr, time.Time] // when the bucket of an address is full again
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
	full, _ := simplelru.NewLRU[netip.Addr, time.Time](cfg.Addresses, nil) // an error only for size 0
	return &Limiter{cfg: cfg, full: full}
}

// Allow reports whether addr may try to sign in now and, if not, how long it
// must wait. It does not count as an attempt.
func (l *Limiter) Allow(addr netip.Addr) (ok bool, retryAfter time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	full, known := l.full.Peek(group(addr)) // Peek: a question must not keep an address in memory for longer
	if !known {
		return true, 0
	}
	// A bucket that will be full at time t lacks (t - now) / Every failures now.
	wait := full.Sub(l.cfg.Now()) - time.Duration(l.cfg.Burst-1)*l.cfg.Every
	return wait <= 0, max(wait, 0)
}

// Fail counts a failed sign-in from addr. Attempts that were already in flight
// when the bucket became empty count too, up to the size of the bucket again.
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

// group returns what counts as one address. For IPv6 that is a /64, the
// smallest network that a single host is usually given.
func group(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		p, _ := addr.Prefix(64) // an error only for more than 128 bits
		return p.Addr()
	}
	return addr
}
