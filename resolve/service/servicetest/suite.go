// Package servicetest has the tests that every api.Service must pass, embedded or
// served, on any store. Start with Run. The package makes no promise of
// compatibility.
package servicetest

import (
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve/api"
)

// Open opens an empty service with the given clock and a caller named "tester",
// and closes it when the test ends.
type Open func(t testing.TB, now func() time.Time) api.Service

// Run runs the tests, each on its own service.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"empty": testEmpty, "life of a secret": testLife, "misses": testMisses, "optional": testOptional, "optional, polled": testOptionalPoll, "optional, watched": testOptionalWatch, "if exists": testIfExists, "update": testUpdate,
		"rollback": testRollback, "delete": testDelete, "environments": testEnvironments, "list": testList, "list of equal times": testEqualTimes,
		"bad input": testBadInput, "limits": testLimits, "clock": testClock, "last used": testLastUsed, "no lost update": testNoLostUpdate,
		"ended context": testContext, "model": testModel,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// Clock is a clock that a test sets by hand.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock starts at noon of a fixed day.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

// Now is the time of the clock.
func (c *Clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

// Step moves the clock.
func (c *Clock) Step(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }
