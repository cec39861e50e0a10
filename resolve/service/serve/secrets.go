package serve

import (
	"github.com/squire-env/squire/resolve/api"
)

// maxPage limits how many secrets one page lists.
const maxPage = 100

// secret returns the secret that the path names.
func (c *call) secret() api.SecretRequest {
	return api.SecretRequest{Environment: c.r.PathValue("environment"), Name: c.r.PathValue("name")}
}

func (c *call) listSecrets() (any, error) {
	q := c.query("environment", "limit", "created_before", "cursor")
	r := api.ListRequest{Environment: q.text("environment"), Limit: q.number("limit"), CreatedBefore: q.time("created_before"), Cursor: q.text("cursor")}
	if err := q.err(); err != nil {
		return nil, err
	}
	if r.Limit == 0 || r.Limit > maxPage {
		r.Limit = maxPage
	}
	return c.caller.ListSecrets(c.r.Context(), r)
}

func (c *call) createSecret() (any, error) {
	b, err := c.jsonBody()
	if err != nil {
		return nil, err
	}
	r, plain := api.ParseCreateRequest(b)
	if !plain {
		r = api.CreateSecretRequest{}
		if err := decodeJSON(b, &r); err != nil {
			return nil, err
		}
	}
	ctx, err := c.withRequestID()
	if err != nil {
		return nil, err
	}
	return c.caller.CreateSecret(ctx, r)
}

func (c *call) secretInfo() (any, error) { return c.caller.SecretInfo(c.r.Context(), c.secret()) }

// updateBody and rollbackBody are the requests without what the path contains.
type updateBody struct {
	EnvDict         api.EnvChanges `json:"env_dict"`
	ExpectedVersion int            `json:"expected_version"`
}

type rollbackBody struct {
	Version int `json:"version"`
}

func (c *call) updateSecret() (any, error) {
	var b updateBody
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	ctx, err := c.withRequestID()
	if err != nil {
		return nil, err
	}
	of := c.secret()
	return c.caller.UpdateSecret(ctx, api.UpdateSecretRequest{Environment: of.Environment, Name: of.Name, EnvDict: b.EnvDict, ExpectedVersion: b.ExpectedVersion})
}

func (c *call) rollbackSecret() (any, error) {
	var b rollbackBody
	if err := c.decode(&b); err != nil {
		return nil, err
	}
	ctx, err := c.withRequestID()
	if err != nil {
		return nil, err
	}
	of := c.secret()
	return c.caller.RollbackSecret(ctx, api.RollbackRequest{Environment: of.Environment, Name: of.Name, Version: b.Version})
}

func (c *call) deleteSecret() (any, error) {
	q := c.query("allow_missing", "expected_version")
	of := c.secret()
	r := api.DeleteRequest{Environment: of.Environment, Name: of.Name, AllowMissing: q.flag("allow_missing"), ExpectedVersion: q.number("expected_version")}
	if err := q.err(); err != nil {
		return nil, err
	}
	return noAnswer, c.caller.DeleteSecret(c.r.Context(), r)
}

// versionList is an object with one array, as every list is.
type versionList struct {
	Versions []api.Version `json:"versions"`
}

func (c *call) secretVersions() (any, error) {
	all, err := c.caller.SecretVersions(c.r.Context(), c.secret())
	return versionList{all}, err
}
