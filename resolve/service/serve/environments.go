package serve

import "github.com/squire-env/squire/resolve/api"

type environmentList struct {
	Environments []api.Environment `json:"environments"`
}

type environmentBody struct {
	Name string `json:"name"`
}

func (c *call) listEnvironments() (any, error) {
	all, err := c.caller.ListEnvironments(c.r.Context())
	return environmentList{all}, err
}

func (c *call) createEnvironment() (any, error) {
	var b environmentBody
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	ctx, err := c.withRequestID()
	if err != nil {
		return nil, err
	}
	return c.caller.CreateEnvironment(ctx, b.Name)
}

func (c *call) deleteEnvironment() (any, error) {
	q := c.query("allow_missing")
	r := api.DeleteRequest{Environment: c.r.PathValue("environment"), AllowMissing: q.flag("allow_missing")}
	if err := q.err(); err != nil {
		return nil, err
	}
	return noAnswer, c.caller.DeleteEnvironment(c.r.Context(), r)
}
