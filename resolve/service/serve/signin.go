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
	"github.com/squire-env/squire/resolve/service"
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
		return c.service.Authenticate(c.r.Context()) // nobody fills our memory who is nobody
	}
	return nil
}

func (c *call) identify(token string) error {
	if service.IsToken(token) {
		c.service = c.Service.As(resolve.NewValue(token))
		return nil
	}
	if c.Identities == nil {
		return errNoIdentity
	}
	// To check a signature is work, and strangers do not get to ask for much
	// of it. Our own tokens cost a look, and cannot be guessed; nor does it
	// cost anything to know somebody again.
	if known, ok := c.Identities.(Rememberer); ok {
		if name, scope, ok := known.Recall(token); ok {
			c.service = c.Service.For(name, scope)
			return nil
		}
	}
	if ok, _ := c.failures.Allow(c.clientAddress(c.r)); !ok {
		return errNoIdentity
	}
	name, scope, err := c.Identities.Identify(c.r.Context(), token)
	if err != nil {
		return err
	}
	c.service = c.Service.For(name, scope)
	return nil
}

// failedSignIn counts a failure, and makes it a refusal to listen where there
// were too many from the same address.
func (c *call) failedSignIn(err error) error {
	c.metrics.failedSignIns.Inc()
	if err == errNoToken { // nobody has tried anything
		c.w.Header().Set("WWW-Authenticate", "Bearer")
		return err
	}
	client := c.clientAddress(c.r)
	ok, wait := c.failures.Allow(client)
	if !ok {
		c.w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		return fmt.Errorf("%w: too many sign-ins failed from this address", resolve.ErrLimited)
	}
	c.failures.Fail(client)
	c.w.Header().Set("WWW-Authenticate", "Bearer")
	c.Log.Info("a sign-in failed", zap.Stringer("client", client))
	return err
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
