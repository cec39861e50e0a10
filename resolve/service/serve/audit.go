package serve

import "github.com/squire-env/squire/resolve/api"

func (c *call) listAudit() (any, error) {
	q := c.query("environment", "name", "caller", "action", "outcome", "since", "before", "limit", "cursor")
	r := api.AuditRequest{
		Environment: q.text("environment"), Name: q.text("name"), Caller: q.text("caller"), Action: q.text("action"), Outcome: q.text("outcome"),
		Since: q.time("since"), Before: q.time("before"), Limit: q.number("limit"), Cursor: q.text("cursor"),
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	return c.caller.ListAudit(c.r.Context(), r)
}

func (c *call) verifyAudit() (any, error) { return c.caller.VerifyAudit(c.r.Context()) }
