package limit

import (
	"encoding/binary"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newClock() *clock { return &clock{time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func TestFailuresRunOutAndComeBack(t *testing.T) {
	c := newClock()
	l := New(Config{Burst: 3, Every: 10 * time.Second, Now: c.now})
	a, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	check := func(addr netip.Addr, want bool, after time.Duration) {
		t.Helper()
		for range 5 { // asking is not counted
			if ok, wait := l.Allow(addr); ok != want || wait != after {
				t.Fatalf("%v %v, want %v %v", ok, wait, want, after)
			}
		}
	}
	for range 3 {
		check(a, true, 0)
		l.Fail(a)
	}
	check(a, false, 10*time.Second)
	check(netip.MustParseAddr("::ffff:192.0.2.1"), false, 10*time.Second)
	check(other, true, 0)
	c.at = c.at.Add(9 * time.Second)
	check(a, false, time.Second)
	c.at = c.at.Add(time.Second)
	check(a, true, 0)
	l.Fail(a)
	check(a, false, 10*time.Second)
	c.at = c.at.Add(time.Hour)
	for range 3 {
		check(a, true, 0)
		l.Fail(a)
	}
	check(a, false, 10*time.Second)
	for range 1000 { // all in flight at once
		l.Fail(a)
	}
	check(a, false, 40*time.Second)
}

func TestIPv6CountsByNetwork(t *testing.T) {
	l := New(Config{Burst: 1, Every: time.Hour, Now: newClock().now})
	l.Fail(netip.MustParseAddr("2001:db8:0:1::1"))
	for text, want := range map[string]bool{"2001:db8:0:1:ffff::9": false, "2001:db8:0:1::1%eth0": false, "2001:db8:0:2::1": true} {
		if ok, _ := l.Allow(netip.MustParseAddr(text)); ok != want {
			t.Errorf("%s: %v", text, ok)
		}
	}
	l.Fail(netip.Addr{}) // a peer on a Unix socket: limited like any other address
	if ok, _ := l.Allow(netip.Addr{}); ok {
		t.Error("the zero address is not limited")
	}
}

func address(i int) netip.Addr {
	var b [16]byte
	b[0] = 0x20
	binary.BigEndian.PutUint32(b[4:], uint32(i))
	return netip.AddrFrom16(b)
}

func TestMemoryIsBounded(t *testing.T) {
	l := New(Config{Now: newClock().now})
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range 10_000 {
		l.Fail(address(i))
	}
	if used := int64(heap()) - int64(before); used > 4<<20 {
		t.Errorf("10,000 addresses: %d bytes", used)
	}
	if ok, _ := l.Allow(address(0)); !ok || l.full.Len() != 10_000 {
		t.Errorf("%v, %d addresses", ok, l.full.Len())
	}
	for i := range 500_000 {
		l.Fail(address(i))
	}
	if used := int64(heap()) - int64(before); used > 8<<20 || l.full.Len() != 1<<14 {
		t.Errorf("500,000 addresses: %d bytes, %d kept", used, l.full.Len())
	}
	runtime.KeepAlive(l)
}

func TestManyAtOnce(t *testing.T) {
	l := New(Config{Burst: 100, Every: time.Hour, Now: newClock().now})
	a := netip.MustParseAddr("192.0.2.1")
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { l.Fail(a); l.Allow(a) })
	}
	wg.Wait()
	if ok, wait := l.Allow(a); ok || wait != time.Hour {
		t.Errorf("%v %v: a failure was lost", ok, wait)
	}
}

func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct {
		why, peer string
		forwarded []string
		want      string // "": none
	}{
		{"no proxy", "192.0.2.1:80", nil, "192.0.2.1"},
		{"a client that claims", "192.0.2.1:80", []string{"203.0.113.9"}, "192.0.2.1"},
		{"a client that claims to be a proxy", "192.0.2.1:80", []string{"203.0.113.9, 10.0.0.1"}, "192.0.2.1"},
		{"through a proxy", "10.0.0.1:80", []string{"203.0.113.9"}, "203.0.113.9"},
		{"what the client wrote before it", "10.0.0.1:80", []string{"127.0.0.1, 203.0.113.9"}, "203.0.113.9"},
		{"a trusted address that the client wrote", "10.0.0.1:80", []string{"10.6.6.6, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "10.0.0.1:80", []string{"198.51.100.7, 203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"two fields", "10.0.0.1:80", []string{"198.51.100.7", "203.0.113.9 ,10.0.0.2"}, "203.0.113.9"},
		{"proxies alone", "10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a proxy that adds nothing", "10.0.0.1:80", nil, "10.0.0.1"},
		{"an empty field", "10.0.0.1:80", []string{""}, "10.0.0.1"},
		{"no address", "10.0.0.1:80", []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		{"no address before a proxy", "10.0.0.1:80", []string{"203.0.113.9, <script>, 10.0.0.2"}, "10.0.0.2"},
		{"an empty hop", "10.0.0.1:80", []string{"203.0.113.9,"}, "10.0.0.1"},
		{"ports", "10.0.0.1:80", []string{"203.0.113.9:1234"}, "203.0.113.9"},
		{"IPv6", "[fd00::1]:80", []string{"[2001:db8::1]:1234"}, "2001:db8::1"},
		{"IPv6 in brackets", "[fd00::1]:80", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:80", []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		{"a zone", "[fe80::1%eth0]:80", nil, "fe80::1"},
		{"a Unix socket", "@", []string{"203.0.113.9"}, ""},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		got := ""
		if a := ClientAddress(r, proxies); a.IsValid() {
			got = a.String()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
	if got := ClientAddress(&http.Request{RemoteAddr: "10.0.0.1:80", Header: http.Header{"X-Forwarded-For": {"203.0.113.9"}}}, nil); got != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("without trusted networks: %v", got)
	}
}
