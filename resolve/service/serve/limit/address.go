package limit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress is the address that r comes from. X-Forwarded-For counts only
// where the peer is in one of the trusted networks: it is then the rightmost
// address that is in none of them, since everything to the left of that was
// written by whoever is there. A hop that is no address, and a list of
// trusted hops alone, leave the last hop that is known. The zero Addr stands
// for a peer without one, as of a Unix socket.
func ClientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	at := parse(r.RemoteAddr)
	if !at.IsValid() {
		return at
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",") // several fields are one list
	for _, hop := range slices.Backward(hops) {
		if !contains(trusted, at) {
			return at
		}
		next := parse(strings.TrimSpace(hop))
		if !next.IsValid() {
			return at
		}
		at = next
	}
	return at
}

func contains(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// parse reads an address with or without a port: proxies write both.
func parse(text string) netip.Addr {
	if p, err := netip.ParseAddrPort(text); err == nil {
		return p.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}
