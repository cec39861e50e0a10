package serve

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/serve/internal/callers"
	"github.com/squire-env/squire/resolve/service/serve/limit"
)

// maxToken bounds what is taken for a token, in bytes.
const maxToken = 16 << 10

// smallBody is what may be read before the store was asked who is calling: the
// lists of a resolve, whose transaction asks it anyway. In bytes.
const smallBody = 4 << 10

var errNoToken = resolve.WithHint(fmt.Errorf("%w: no token came with the request", resolve.ErrNoIdentity), "set SQUIRE_TOKEN or SQUIRE_TOKEN_FILE")

// signIn finds the caller. One of our tokens is looked up by the transaction
// that it is used in, so that a revoked one ends at once.
func (c *call) signIn(long bool) error {
	token, err := bearer(c.r.Header)
	if err != nil {
		return err
	}
	if err := c.identify(token); err != nil {
		return err
	}
	if long || c.r.ContentLength > smallBody || c.r.ContentLength < 0 {
		return c.caller.Authenticate(c.r.Context()) // nobody fills our memory who is nobody
	}
	return nil
}

func (c *call) identify(token string) (err error) {
	var known bool
	if c.caller, known = c.server.callers.Lookup(token); known {
		return nil
	}
	// To check a signature is work, and strangers do not get to ask for much
	// of it. Lookup costs next to nothing, and its tokens cannot be guessed.
	if ok, _ := c.server.failures.Allow(c.server.clientAddress(c.r)); !ok {
		return callers.ErrInvalidToken
	}
	c.caller, err = c.server.callers.Identify(c.r.Context(), token)
	return err
}

// failedSignIn counts a failure, and makes it a refusal to listen where there
// were too many from the same address.
func (c *call) failedSignIn(err error) error {
	c.server.metrics.failedSignIns.Inc()
	if err == errNoToken { // nobody has tried anything
		c.w.Header().Set("WWW-Authenticate", "Bearer")
		return err
	}
	client := c.server.clientAddress(c.r)
	ok, wait := c.server.failures.Allow(client)
	if !ok {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		return fmt.Errorf("%w: too many sign-ins failed from this address", resolve.ErrLimited)
	}
	c.server.failures.Fail(client)
	c.w.Header().Set("WWW-Authenticate", "Bearer")
	c.server.log.Info("a sign-in failed", zap.Stringer("client", client))
	return err
}

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
		return "", callers.ErrInvalidToken
	}
	return token, nil
}

func (s *Server) clientAddress(r *http.Request) netip.Addr {
	return limit.ClientAddress(r, s.trustedProxies)
}
