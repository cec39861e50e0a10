package client

import (
	"context"
	"net/http"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// CreateEnvironment creates an environment.
func (c *Client) CreateEnvironment(ctx context.Context, name string) (e api.Environment, err error) {
	body := struct {
		Name string `json:"name"`
	}{name}
	err = c.do(ctx, request{method: http.MethodPost, path: "/v1/environments", body: body, write: true}, &e)
	return e, err
}

// ListEnvironments lists all environments.
func (c *Client) ListEnvironments(ctx context.Context) ([]api.Environment, error) {
	var answer struct{ Environments []api.Environment }
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/environments"}, &answer)
	return answer.Environments, err
}

// DeleteEnvironment deletes an environment with its secrets.
func (c *Client) DeleteEnvironment(ctx context.Context, r api.DeleteRequest) error {
	name := orMain(r.Environment)
	if err := resolve.CheckEnvironment(name); err != nil {
		return err
	}
	return c.remove(ctx, at("v1", "environments", name), r.AllowMissing, 0)
}
