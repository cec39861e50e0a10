package serve

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve/api"
)

// TestForbiddenLooksUnknown: apart from the name, the answer about a secret that
// the caller may not see is byte for byte that about one that does not exist.
func TestForbiddenLooksUnknown(t *testing.T) {
	h := newHouse(t, nil)
	h.settle()
	h.create("main", "shop-ok", "K", "v")
	// The first of each pair exists, the second does not. Names of equal length
	// keep Content-Length the same.
	secrets := [][2]string{{"main/other", "main/ether"}, {"stage/shop-db", "stagf/shop-db"}, {"stage/shop-db", "stage/shop-dc"}}
	environments := [][2]string{{"stage", "stagf"}}
	for _, role := range []api.Role{api.RoleResolveOnly, api.RoleReader, api.RoleWriter, api.RoleAdmin} {
		token := h.token(api.Scope{Role: role, Environments: []string{"main"}, Names: []string{"shop-*"}})
		for _, p := range secrets {
			for _, a := range callsOn(p[0]) {
				h.same(p, a, token)
			}
		}
		for _, p := range environments {
			for _, a := range []ask{
				{method: "GET", path: "/v1/secrets?environment=" + p[0]},
				{method: "DELETE", path: "/v1/environments/" + p[0]},
				{method: "DELETE", path: "/v1/environments/" + p[0] + "?allow_missing=true"},
				{method: "POST", path: "/v1/environments", body: fmt.Sprintf(`{"name":%q}`, p[0])},
				{method: "POST", path: "/v1/secrets", body: fmt.Sprintf(`{"environment":%q,"name":"shop-x"}`, p[0])},
			} {
				h.same(p, a, token)
			}
		}
	}
}

// TestOptionalForbiddenLooksUnknown: the answer says absent, and is the same
// byte for byte before and after the secret is created.
func TestOptionalForbiddenLooksUnknown(t *testing.T) {
	h := newHouse(t, nil)
	h.settle()
	h.create("main", "shop-ok", "K", "v")
	token := h.token(api.Scope{Role: api.RoleResolveOnly, Environments: []string{"main"}, Names: []string{"shop-*"}})
	a := ask{method: "POST", path: "/v1/resolve", token: token,
		body: `{"secrets":[{"name":"shop-ok"},{"name":"late","required_keys":["X"],"optional":true},{"environment":"later","name":"shop-x","optional":true}]}`}
	before := h.want(a, 200, "")
	if !strings.Contains(string(before.body), `{"environment":"main","name":"late","absent":true},{"environment":"later","name":"shop-x","absent":true}]`) {
		h.Errorf("%s", before.body)
	}
	h.create("main", "late", "K", "v")
	_, err := h.store.CreateEnvironment(t.Context(), "later")
	h.ok(err)
	h.create("later", "shop-x", "K", "v")
	if after := h.want(a, 200, ""); string(after.body) != string(before.body) {
		h.Errorf("%s\n%s", before.body, after.body)
	}
}

// callsOn returns every call on one secret.
func callsOn(secret string) []ask {
	environment, name, _ := strings.Cut(secret, "/")
	path := "/v1/secrets/" + secret
	ref := fmt.Sprintf(`{"environment":%q,"name":%q`, environment, name)
	return []ask{
		{method: "POST", path: "/v1/resolve", body: `{"secrets":[` + ref + `}]}`},
		{method: "POST", path: "/v1/resolve", body: `{"secrets":[` + ref + `,"version":1,"required_keys":["X"]}]}`},
		{method: "POST", path: "/v1/resolve", body: `{"secrets":[` + ref + `},{"name":"shop-ok","required_keys":["X"]}]}`},
		{method: "GET", path: path},
		{method: "GET", path: path + "/versions"},
		{method: "PATCH", path: path, body: `{"env_dict":{"K":"v"}}`},
		{method: "PATCH", path: path, body: `{"expected_version":7}`},
		{method: "POST", path: path + "/rollback", body: `{"version":1}`},
		{method: "POST", path: path + "/rollback", body: `{"version":7}`},
		{method: "POST", path: "/v1/secrets", body: ref + `}`},
		{method: "POST", path: "/v1/secrets", body: ref + `,"if_exists":"keep"}`},
		{method: "POST", path: "/v1/secrets", body: ref + `,"if_exists":"overwrite"}`},
		{method: "DELETE", path: path},
		{method: "DELETE", path: path + "?allow_missing=true"},
	}
}

// same sends the call for both of a pair, and compares the whole answers.
func (h *house) same(pair [2]string, a ask, token string) {
	h.Helper()
	a.token = token
	b := a
	rename := func(s string) string {
		e0, n0, _ := strings.Cut(pair[0], "/")
		e1, n1, _ := strings.Cut(pair[1], "/")
		s = strings.ReplaceAll(s, e0, e1)
		if n0 != "" {
			s = strings.ReplaceAll(s, n0, n1)
		}
		return s
	}
	b.path, b.body = rename(a.path), rename(a.body)
	there, absent := h.send(a), h.send(b)
	there.header.Del("Date")
	absent.header.Del("Date")
	if there.status != absent.status || rename(string(there.body)) != string(absent.body) {
		h.Errorf("%s %s: %d %s\n%s %s: %d %s", a, a.body, there.status, there.body, b, b.body, absent.status, absent.body)
	}
	if d := cmp.Diff(there.header, absent.header); d != "" {
		h.Errorf("%s: %s", a, d)
	}
	if there.status < 300 && there.status != 204 {
		h.Errorf("%s %s is not forbidden", a, a.body)
	}
}
