package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/squire-env/squire/resolve/api"
)

// ListAudit lists a page of the audit trail.
func (c *Client) ListAudit(ctx context.Context, r api.AuditRequest) (l api.AuditList, err error) {
	q := url.Values{}
	for name, text := range map[string]string{"environment": r.Environment, "name": r.Name, "caller": r.Caller, "action": r.Action, "outcome": r.Outcome, "cursor": r.Cursor} {
		if text != "" {
			q.Set(name, text)
		}
	}
	for name, t := range map[string]api.Time{"since": r.Since, "before": r.Before} {
		if !t.IsZero() {
			q.Set(name, t.String())
		}
	}
	if r.Limit != 0 {
		q.Set("limit", strconv.Itoa(r.Limit))
	}
	err = c.do(ctx, request{method: http.MethodGet, path: "/v1/audit", query: q}, &l)
	return l, err
}

// VerifyAudit has the server check the hash chain.
func (c *Client) VerifyAudit(ctx context.Context) (a api.AuditCheck, err error) {
	err = c.do(ctx, request{method: http.MethodPost, path: "/v1/audit/verify"}, &a)
	return a, err
}
