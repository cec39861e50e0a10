package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// CreateToken creates a token. It is not retried if the server may have received
// the request: that would leave a token that nobody knows of.
func (c *Client) CreateToken(ctx context.Context, r api.CreateTokenRequest) (t api.NewToken, err error) {
	err = c.do(ctx, request{method: http.MethodPost, path: "/v1/tokens", body: r, once: true}, &t)
	return t, err
}

// ListTokens lists all tokens.
func (c *Client) ListTokens(ctx context.Context) ([]api.Token, error) {
	var answer struct{ Tokens []api.Token }
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/tokens"}, &answer)
	return answer.Tokens, err
}

// RevokeToken revokes a token. Anything but an id may be the token itself, which
// must not be sent in a path.
func (c *Client) RevokeToken(ctx context.Context, r api.RevokeTokenRequest) error {
	if len(r.ID) > 32 || resolve.CheckName(r.ID) != nil {
		return resolve.WithHint(fmt.Errorf("%w token id: want the id of a token, not its text", resolve.ErrInvalid), "squire token list")
	}
	return c.remove(ctx, at("v1", "tokens", r.ID), r.AllowMissing, 0)
}
