package serve

import "github.com/squire-env/squire/resolve/api"

type tokenList struct {
	Tokens []api.Token `json:"tokens"`
}

func (c *call) listTokens() (any, error) {
	all, err := c.caller.ListTokens(c.r.Context())
	return tokenList{all}, err
}

func (c *call) createToken() (any, error) {
	var r api.CreateTokenRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	return c.caller.CreateToken(c.r.Context(), r)
}

func (c *call) revokeToken() (any, error) {
	q := c.query("allow_missing")
	r := api.RevokeTokenRequest{ID: c.r.PathValue("id"), AllowMissing: q.flag("allow_missing")}
	if err := q.err(); err != nil {
		return nil, err
	}
	return noAnswer, c.caller.RevokeToken(c.r.Context(), r)
}
