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

// maxToken limits the length of a token, in bytes.
const maxToken = 16 << 10

// smallBody is the largest body, in bytes, that is read before its caller is
// authenticated. It is enough for the list of a resolve, whose transaction
// authenticates the caller anyway.
const smallBody = 4 << 10

var errNoToken = resolve.WithHint(fmt.Errorf("%w: the request has no token", resolve.ErrNoIdentity), "set SQUIRE_TOKEN or SQUIRE_TOKEN_FILE")

// signIn finds the caller. A token of this server is checked in the transaction
// that it is used for, so that a revocation takes effect at once.
func (c *call) signIn(long bool) error {
	token, err := bearer(c.r.Header)
	if err != nil {
		return err
	}
	if err := c.identify(token); err != nil {
		return err
	}
	if long || c.r.ContentLength > smallBody || c.r.ContentLength < 0 {
		return c.caller.Authenticate(c.r.Context()) // strangers must not fill the memory
	}
	return nil
}

func (c *call) identify(token string) (err error) {
	var known bool
	if c.caller, known = c.server.callers.Lookup(token); known {
		return nil
	}
	// Checking a signature is expensive, so strangers get only few attempts.
	// Lookup costs next to nothing, and the tokens it knows cannot be guessed.
	if ok, _ := c.server.failures.Allow(c.server.clientAddress(c.r)); !ok {
		return callers.ErrInvalidToken
	}
	c.caller, err = c.server.callers.Identify(c.r.Context(), token)
	return err
}

// failedSignIn counts a failed sign-in. After too many from the same address its
// error is resolve.ErrLimited.
func (c *call) failedSignIn(err error) error {
	c.server.metrics.failedSignIns.Inc()
	if err == errNoToken { // without a token nobody has guessed anything
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
