package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Resolve gets all secrets in one round trip.
func (c *Client) Resolve(ctx context.Context, r api.ResolveRequest) (answer api.ResolveResponse, err error) {
	if r.Secrets == nil {
		r.Secrets = []api.SecretRef{}
	}
	if err := c.do(ctx, request{method: http.MethodPost, path: "/v1/resolve", body: r}, &answer); err != nil {
		return api.ResolveResponse{}, err
	}
	if answer.Secrets == nil && !answer.Unchanged {
		answer.Secrets = []api.ResolvedSecret{}
	}
	if !fits(r, answer) {
		return api.ResolveResponse{}, fmt.Errorf("%w: the response of %s does not match the request", resolve.ErrUnavailable, c.base)
	}
	return answer, nil
}

// fits says whether a response matches the request and is complete: a part is
// never used.
func fits(r api.ResolveRequest, answer api.ResolveResponse) bool {
	if answer.Unchanged {
		return r.Etag != "" && answer.Etag == r.Etag
	}
	if len(answer.Secrets) != len(r.Secrets) {
		return false
	}
	for i, s := range answer.Secrets {
		ref := r.Secrets[i]
		if s.Name != ref.Name || s.Environment != orMain(ref.Environment) {
			return false
		}
		if s.Absent && ref.Optional && s.EnvDict == nil {
			continue
		}
		if s.Absent || s.EnvDict == nil || ref.Version != 0 && s.Version != ref.Version {
			return false
		}
		for _, k := range ref.RequiredKeys {
			if _, ok := s.EnvDict[k]; !ok {
				return false
			}
		}
	}
	return true
}

func orMain(environment string) string {
	if environment == "" {
		return resolve.DefaultEnvironment
	}
	return environment
}

// Watch is one long poll, for which a server waits less than a minute. A long
// poll that was interrupted is not retried: the wait would start again and exceed
// its deadline. There is no warning either: a caller that watches also polls, and
// warns.
func (c *Client) Watch(ctx context.Context, r api.WatchRequest) (api.WatchResponse, error) {
	wait := r.Wait
	if wait <= 0 {
		wait = 30 * time.Second
	}
	q := url.Values{"etag": {r.Etag}, "wait": {wait.String()}}
	if r.Etag == "" {
		q.Del("etag")
	}
	for _, ref := range r.Secrets {
		text := orMain(ref.Environment) + "/" + ref.Name
		if ref.Version != 0 {
			text += "@" + strconv.Itoa(ref.Version)
		}
		q.Add("secret", text)
	}
	ctx, cancel := context.WithTimeout(ctx, wait+c.cfg.Timeout+maxDial)
	defer cancel()
	answer := api.WatchResponse{Etag: r.Etag}
	err := c.do(ctx, request{method: http.MethodGet, path: "/v1/watch", query: q, once: true, quiet: true}, &answer)
	return answer, err
}

// maxDial is longer than all pauses between tries that did not reach the server.
const maxDial = 15 * time.Second

// CreateSecret stores a new secret.
func (c *Client) CreateSecret(ctx context.Context, r api.CreateSecretRequest) (s api.Secret, err error) {
	if err := r.Check(); err != nil {
		return s, err
	}
	if r.EnvDict == nil {
		r.EnvDict = api.EnvDict{}
	}
	err = c.do(ctx, request{method: http.MethodPost, path: "/v1/secrets", body: r, write: true}, &s)
	return s, err
}

// maxPage is how many secrets a server returns in one page.
const maxPage = 100

// ListSecrets lists one environment. Without a limit it gets all pages.
func (c *Client) ListSecrets(ctx context.Context, r api.ListRequest) (api.SecretList, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	all := api.SecretList{Secrets: []api.Secret{}}
	for {
		q := url.Values{"environment": {orMain(r.Environment)}}
		if r.Limit != 0 {
			q.Set("limit", strconv.Itoa(min(r.Limit-len(all.Secrets), maxPage)))
		}
		if r.Limit < 0 {
			q.Set("limit", strconv.Itoa(r.Limit))
		}
		if !r.CreatedBefore.IsZero() {
			q.Set("created_before", r.CreatedBefore.String())
		}
		if r.Cursor != "" {
			q.Set("cursor", r.Cursor)
		}
		var page api.SecretList
		if err := c.do(ctx, request{method: http.MethodGet, path: "/v1/secrets", query: q}, &page); err != nil {
			return api.SecretList{}, err
		}
		all.Secrets = append(all.Secrets, page.Secrets...)
		all.NextCursor = page.NextCursor
		if page.NextCursor == "" || r.Limit > 0 && len(all.Secrets) >= r.Limit {
			return all, nil
		}
		r.Cursor = page.NextCursor
	}
}

// secretPath is the path of a secret. An invalid name is rejected here: it could
// change the path.
func secretPath(environment, name string, more ...string) (string, error) {
	environment = orMain(environment)
	if err := errors.Join(resolve.CheckEnvironment(environment), resolve.CheckName(name)); err != nil {
		return "", err
	}
	return at(append([]string{"v1", "secrets", environment, name}, more...)...), nil
}

// SecretInfo describes one secret.
func (c *Client) SecretInfo(ctx context.Context, r api.SecretRequest) (s api.Secret, err error) {
	path, err := secretPath(r.Environment, r.Name)
	if err != nil {
		return s, err
	}
	err = c.do(ctx, request{method: http.MethodGet, path: path}, &s)
	return s, err
}

// UpdateSecret merges changes into a secret.
func (c *Client) UpdateSecret(ctx context.Context, r api.UpdateSecretRequest) (s api.Secret, err error) {
	if err := r.Check(); err != nil {
		return s, err
	}
	path, err := secretPath(r.Environment, r.Name)
	if err != nil {
		return s, err
	}
	body := struct {
		EnvDict         api.EnvChanges `json:"env_dict"`
		ExpectedVersion int            `json:"expected_version,omitempty"`
	}{r.EnvDict, r.ExpectedVersion}
	if body.EnvDict == nil {
		body.EnvDict = api.EnvChanges{}
	}
	err = c.do(ctx, request{method: http.MethodPatch, path: path, body: body, write: true}, &s)
	return s, err
}

// SecretVersions lists the versions of a secret.
func (c *Client) SecretVersions(ctx context.Context, r api.SecretRequest) ([]api.Version, error) {
	path, err := secretPath(r.Environment, r.Name, "versions")
	if err != nil {
		return nil, err
	}
	var answer struct{ Versions []api.Version }
	err = c.do(ctx, request{method: http.MethodGet, path: path}, &answer)
	return answer.Versions, err
}

// RollbackSecret writes an older version's values as a new one.
func (c *Client) RollbackSecret(ctx context.Context, r api.RollbackRequest) (s api.Secret, err error) {
	path, err := secretPath(r.Environment, r.Name, "rollback")
	if err != nil {
		return s, err
	}
	body := struct {
		Version int `json:"version"`
	}{r.Version}
	err = c.do(ctx, request{method: http.MethodPost, path: path, body: body, write: true}, &s)
	return s, err
}

// DeleteSecret removes a secret.
func (c *Client) DeleteSecret(ctx context.Context, r api.DeleteRequest) error {
	path, err := secretPath(r.Environment, r.Name)
	if err != nil {
		return err
	}
	return c.remove(ctx, path, r.AllowMissing, r.ExpectedVersion)
}

// remove deletes what is at a path. If it is not found at a retry, the try before
// may have deleted it, or it may never have existed for this caller.
func (c *Client) remove(ctx context.Context, path string, allowMissing bool, version int) error {
	r := request{method: http.MethodDelete, path: path, write: true, query: url.Values{}}
	if allowMissing {
		r.query.Set("allow_missing", "true")
	}
	if version != 0 {
		r.query.Set("expected_version", strconv.Itoa(version))
	}
	state, err := c.doCall(ctx, r, nil)
	if errors.Is(err, resolve.ErrNotFound) && state.heard {
		return resolve.WithHint(fmt.Errorf("%w: it does not exist, or not for this caller; an earlier try of this call, whose response was lost, may have deleted it", err), "use --allow-missing to accept that")
	}
	return err
}
