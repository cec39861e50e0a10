package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve/api"
)

// step is one call of a sequence in which each builds on those before. In path
// and body, {etag}, {cursor}, {id} and {token} stand for values of earlier answers.
type step struct {
	method, path, body string
	status             int
	code               string
	says               string // contained in the body
}

// story is the sequence, for a new house.
var story = []step{
	{"GET", "/healthz", "", 200, "", `{"status":"ok"}`},
	{"GET", "/readyz", "", 200, "", `{"status":"ready"}`},
	{"HEAD", "/readyz", "", 200, "", ""},
	{"GET", "/metrics", "", 200, "", "squired_requests_total"},
	{"GET", "/openapi.json", "", 200, "", `"3.1.0"`},

	{"POST", "/v1/environments", `{"name":"prod"}`, 201, "", `"prod"`},
	{"POST", "/v1/environments", `{"name":"prod"}`, 409, "already_exists", "prod"},
	{"POST", "/v1/environments", `{"name":"-"}`, 400, "invalid", "letter or digit"},
	{"POST", "/v1/environments", `{}`, 400, "invalid", ""},
	{"GET", "/v1/environments", "", 200, "", `"created_at":null`},

	{"POST", "/v1/secrets", `{"name":"api","env_dict":{"A":"1","B":"<&>"}}`, 201, "", `"keys":["A","B"]`},
	{"POST", "/v1/secrets", `{"name":"api","env_dict":{"A":"1"}}`, 409, "already_exists", "main/api"},
	{"POST", "/v1/secrets", `{"name":"api","env_dict":{"A":"1"},"if_exists":"keep"}`, 201, "", `"version":1`},
	{"POST", "/v1/secrets", `{"name":"api","env_dict":{"A":"2","C":"3"},"if_exists":"overwrite"}`, 201, "", `"keys":["A","C"]`},
	{"POST", "/v1/secrets", `{"name":"api","if_exists":"perhaps"}`, 400, "invalid", "fail, keep or overwrite"},
	{"POST", "/v1/secrets", `{"environment":"prod","name":"empty"}`, 201, "", `"keys":[]`},
	{"POST", "/v1/secrets", `{"environment":"nowhere","name":"x"}`, 404, "not_found", "nowhere"},
	{"POST", "/v1/secrets", `{"name":"x","env_dict":{"A B":"","=":""}}`, 400, "invalid", "key"},
	{"POST", "/v1/secrets", `{"name":"x","env_dict":{"A":null}}`, 400, "invalid", "value of A"},

	{"GET", "/v1/secrets/main/api", "", 200, "", `"last_used_at":null`},
	{"HEAD", "/v1/secrets/main/api", "", 200, "", ""},
	{"GET", "/v1/secrets/main/none", "", 404, "not_found", "main/none"},
	{"GET", "/v1/secrets/main/api/versions", "", 200, "", `"version":1`},
	{"GET", "/v1/secrets/main/none/versions", "", 404, "not_found", ""},

	{"PATCH", "/v1/secrets/main/api", `{"env_dict":{"D":"4","C":null},"expected_version":2}`, 200, "", `"keys":["A","D"]`},
	{"PATCH", "/v1/secrets/main/api", `{"env_dict":{"D":"5"},"expected_version":2}`, 412, "conflict", "version 3, not 2"},
	{"PATCH", "/v1/secrets/main/api", `{"env_dict":{"D":"4"}}`, 200, "", `"version":3`},
	{"PATCH", "/v1/secrets/main/api", `{}`, 200, "", `"version":3`},
	{"PATCH", "/v1/secrets/main/api", `{"expected_version":-1}`, 400, "invalid", "count from 1"},
	{"PATCH", "/v1/secrets/main/none", `{}`, 404, "not_found", ""},

	{"POST", "/v1/secrets/main/api/rollback", `{"version":1}`, 200, "", `"keys":["A","B"]`},
	{"POST", "/v1/secrets/main/api/rollback", `{"version":99}`, 404, "not_found", "no version 99"},
	{"POST", "/v1/secrets/main/api/rollback", `{"version":0}`, 400, "invalid", ""},

	{"POST", "/v1/resolve", `{"secrets":[]}`, 200, "", `"secrets":[]`},
	{"POST", "/v1/resolve", `{"secrets":[{"name":"api"},{"environment":"prod","name":"empty"},{"name":"api","version":2}]}`, 200, "", `"B":"<&>"`},
	{"POST", "/v1/resolve", `{"secrets":[{"name":"api"},{"environment":"prod","name":"empty"},{"name":"api","version":2}],"etag":"{etag}"}`, 200, "", `"unchanged":true`},
	{"POST", "/v1/resolve", `{"secrets":[{"name":"api","required_keys":["A","Z"]}]}`, 422, "missing_keys", `"keys":["Z"]`},
	{"POST", "/v1/resolve", `{"secrets":[{"name":"api","required_keys":["Z"]},{"name":"none"},{"name":"api","version":9}]}`, 422, "missing_keys", "no version 9"},
	{"POST", "/v1/resolve", `{"secrets":[{"name":"none"}]}`, 404, "not_found", "main/none"},
	{"POST", "/v1/resolve", `{"secrets":[{"name":"db","version":-1}]}`, 400, "invalid", ""},
	{"GET", "/v1/secrets/main/api", "", 200, "", `"last_used_at":"2026-11-23T12:00:00.000000000Z"`},

	{"GET", "/v1/watch?secret=main/api&etag=-", "", 200, "", `"changed":true`},
	{"GET", "/v1/watch?secret=main/api&etag={etag}&wait=1ms", "", 204, "", ""},
	{"GET", "/v1/watch?secret=main/api&secret=/db&secret=main/db@1&wait=1ms", "", 204, "", ""},

	{"GET", "/v1/secrets?limit=1", "", 200, "", `"next_cursor"`},
	{"GET", "/v1/secrets?limit=1&cursor={cursor}", "", 200, "", `"secrets":[{`},
	{"GET", "/v1/secrets?environment=prod&created_before=2020-01-01T00:00:00%2B01:00", "", 200, "", `"secrets":[]`},
	{"GET", "/v1/secrets?environment=nowhere", "", 404, "not_found", "nowhere"},

	{"DELETE", "/v1/secrets/main/api", "", 204, "", ""},
	{"DELETE", "/v1/secrets/main/api", "", 404, "not_found", ""},
	{"DELETE", "/v1/secrets/main/api?allow_missing=true", "", 204, "", ""},
	{"DELETE", "/v1/secrets/main/db?expected_version=7", "", 412, "conflict", ", not 7"},
	{"DELETE", "/v1/secrets/main/db?expected_version=-1", "", 400, "invalid", "count from 1"},
	{"DELETE", "/v1/secrets/main/db?expected_version=x", "", 400, "invalid", "whole number"},
	{"DELETE", "/v1/environments/prod", "", 204, "", ""},
	{"DELETE", "/v1/environments/prod", "", 404, "not_found", ""},
	{"DELETE", "/v1/environments/prod?allow_missing=1", "", 204, "", ""},
	{"DELETE", "/v1/environments/main", "", 400, "invalid", "cannot be deleted"},

	{"POST", "/v1/tokens", `{"name":"ci","role":"writer","environments":["main"],"names":["shop-*"],"expires_at":"2027-01-01T00:00:00Z"}`, 201, "", `"token":"squire_`},
	{"GET", "/v1/tokens", "", 200, "", `"role":"writer"`},
	{"DELETE", "/v1/tokens/{id}", "", 204, "", ""},
	{"DELETE", "/v1/tokens/{id}", "", 404, "not_found", "{id}"},
	{"DELETE", "/v1/tokens/{id}?allow_missing=true", "", 204, "", ""},
	{"DELETE", "/v1/tokens/{token}", "", 400, "invalid", "not its text"},
	{"POST", "/v1/tokens", `{"name":"ci","role":"reader"}`, 201, "", `"names":["*"]`},
	{"POST", "/v1/tokens", `{"name":"ci","role":"king"}`, 400, "invalid", "role"},
	{"POST", "/v1/tokens", `{"name":"ci","role":"reader","names":["a b"]}`, 400, "invalid", "pattern"},
	{"POST", "/v1/tokens", `{"name":"ci","role":"reader","expires_at":"2020-01-01T00:00:00Z"}`, 400, "invalid", "past"},
	{"POST", "/v1/tokens", `{"name":"ci","role":"reader","expires_at":"tomorrow"}`, 400, "invalid", "RFC 3339"},

	{"POST", "/v1/audit/verify", "", 200, "", `"lines"`},
	{"POST", "/v1/admin/rotate-key", `{}`, 200, "", `"active"`},
	{"POST", "/v1/admin/rotate-key", `{"drop_old":true}`, 200, "", `"keys":["`},
	{"POST", "/v1/admin/rotate-key", `{"add_only":1}`, 400, "invalid", "add_only"},
	{"GET", "/v1/audit?limit=x", "", 400, "invalid", "limit"},
	{"GET", "/v1/audit", "", 200, "", `"action":"rotate_key"`},
	{"GET", "/v1/audit?caller=token:t&action=create&outcome=exists&environment=main&name=api", "", 200, "", `"outcome":"exists"`},
	{"GET", "/v1/audit?action=resolve&limit=1", "", 200, "", `"next_cursor"`},
	{"GET", "/v1/audit?action=resolve&limit=1&cursor={cursor}", "", 200, "", `"entries":[`},
	{"GET", "/v1/audit?since=2099-01-01T00:00:00Z&before=2099-01-01T00:00:00Z", "", 200, "", `"entries":[]`},
	{"GET", "/v1/audit?cursor=x", "", 400, "invalid", "cursor"},
	{"GET", "/v1/audit?limit=-1", "", 400, "invalid", "limit"},
	{"POST", "/v1/admin/backup", `{"recipients":["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]}`, 200, "", "age-encryption.org/v1"},
	{"POST", "/v1/admin/backup", `{"recipients":[]}`, 400, "invalid", "recipient"},
	{"POST", "/v1/admin/backup", `{"recipients":["age1x"]}`, 400, "invalid", "recipient"},

	{"GET", "/", "", 404, "not_found", "openapi.json"},
	{"GET", "/v1", "", 404, "not_found", ""},
	{"GET", "/v1/secrets/", "", 404, "not_found", ""},
	{"PUT", "/v1/secrets", "", 405, "invalid", "GET, POST"},
}

func TestCallsAreAsDescribed(t *testing.T) {
	h := newHouse(t, nil)
	held := map[string]string{}
	fill := func(s string) string {
		for k, v := range held {
			s = strings.ReplaceAll(s, "{"+k+"}", v)
		}
		return s
	}
	for _, s := range story {
		a := ask{method: s.method, path: fill(s.path), token: h.admin, body: fill(s.body)}
		got := h.want(a, s.status, s.code)
		if says := fill(s.says); !strings.Contains(string(got.body), says) {
			t.Errorf("%s: %s, want %s", a, got.body, says)
		}
		var answer map[string]any
		_ = json.Unmarshal(got.body, &answer)
		for k, field := range map[string]string{"etag": "etag", "cursor": "next_cursor", "id": "id", "token": "token"} {
			if v, ok := answer[field].(string); ok && s.method != "DELETE" {
				held[k] = v
			}
		}
	}
	for _, o := range h.doc.operations() { // what only other callers get is covered by the matrix
		if !slices.ContainsFunc([]int{200, 201, 204}, func(n int) bool { return h.doc.seen[fmt.Sprintf("%s %d", o, n)] }) {
			t.Errorf("no call of %s succeeded", o)
		}
	}
}

// TestNotReady: the probe reports that the store is gone, as described.
func TestNotReady(t *testing.T) {
	h := newHouse(t, nil)
	h.ok(h.store.Close())
	if got := h.do("GET", "/readyz", ""); got.status < 500 {
		t.Errorf("%d %s", got.status, got.body)
	}
	h.want(ask{method: "GET", path: "/healthz"}, 200, "")
}

func TestPagesHoldAHundred(t *testing.T) {
	h := newHouse(t, nil)
	for i := range 101 {
		_, err := h.store.CreateSecret(context.Background(), api.CreateSecretRequest{Environment: "stage", Name: fmt.Sprint("s", i)})
		h.ok(err)
	}
	for _, limit := range []string{"", "&limit=0", "&limit=1000"} {
		var page api.SecretList
		got := h.want(ask{method: "GET", path: "/v1/secrets?environment=stage" + limit, token: h.admin}, http.StatusOK, "")
		h.ok(json.Unmarshal(got.body, &page))
		if len(page.Secrets) != maxPage || page.NextCursor == "" {
			t.Errorf("%s: %d, cursor %q", limit, len(page.Secrets), page.NextCursor)
		}
	}
}
