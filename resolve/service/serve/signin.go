package serve

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve/limit"
)

// maxToken bounds what is taken for a token, in bytes.
const maxToken = 16 << 10

// smallBody is what may be read before the store was asked who is calling: the
// lists of a resolve, whose transaction asks it anyway. In bytes.
const smallBody = 16 << 10

var errNoToken = resolve.WithHint(fmt.Errorf("%w: no token came with the request", resolve.ErrNoIdentity), "set SQUIRE_TOKEN or SQUIRE_TOKEN_FILE")

// signIn finds the caller. One of our tokens is looked up by the transaction
// that it is used in, so that a revoked one ends at once.
func (c *call) signIn() error {
	if wait := c.failures.Blocked(c.clientAddress(c.r)); wait > 0 {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		return fmt.Errorf("%w: too many sign-ins failed from this address", resolve.ErrLimited)
	}
	token, err := bearer(c.r.Header)
	if err != nil {
		return err
	}
	if service.IsToken(token) {
		c.service = c.Service.As(resolve.NewValue(token))
	} else if c.Identities == nil {
		return errNoIdentity
	} else {
		name, scope, err := c.Identities.Identify(c.r.Context(), token)
		if err != nil {
			return err
		}
		c.service = c.Service.For(name, scope)
	}
	if c.r.ContentLength > smallBody || c.r.ContentLength < 0 {
		return c.service.Authenticate(c.r.Context()) // nobody fills our memory who is nobody
	}
	return nil
}

var errNoIdentity = resolve.WithHint(fmt.Errorf("%w: the token is not valid", resolve.ErrNoIdentity),
	"set SQUIRE_TOKEN or SQUIRE_TOKEN_FILE to a token of this server; squire token create makes one")

func bearer(h http.Header) (string, error) {
	all := h["Authorization"]
	if len(all) != 1 {
		return "", errNoToken
	}
	scheme, token, ok := strings.Cut(all[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errNoToken
	}
	if len(token) > maxToken {
		return "", errNoIdentity
	}
	return token, nil
}

func (s *Server) clientAddress(r *http.Request) netip.Addr {
	return limit.ClientAddress(r, s.TrustedProxies)
}
