package limit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress returns the address of the client that sent r. X-Forwarded-For
// is used only if the peer is in a trusted network. The client is then the
// rightmost address outside these networks: what is to the left of it was
// written by that client and proves nothing. Where the list ends early, because
// of an invalid entry or because all its addresses are trusted, the last valid
// one is returned. A peer without an address, such as one on a Unix socket, has
// the zero Addr.
func ClientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	at := parse(r.RemoteAddr)
	if !at.IsValid() {
		return at
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",") // repeated header fields form one list
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

// parse reads an address with or without a port: proxies write either form.
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
