package serve

import (
	"net/http"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve/api"
)

// TestAWriteSentAgainIsMadeOnce: a client repeats a write whose answer was lost.
func TestAWriteSentAgainIsMadeOnce(t *testing.T) {
	for _, c := range []struct {
		what                 string
		a                    ask
		status               int
		version, otherStatus int
	}{
		{"create", ask{method: "POST", path: "/v1/secrets", body: `{"name":"new","env_dict":{"A":"1"}}`}, 201, 1, 409},
		{"overwrite", ask{method: "POST", path: "/v1/secrets", body: `{"name":"db","env_dict":{"A":"1"},"if_exists":"overwrite"}`}, 201, 3, 201},
		{"update", ask{method: "PATCH", path: "/v1/secrets/main/db", body: `{"env_dict":{"A":"1"},"expected_version":2}`}, 200, 3, 412},
		{"rollback", ask{method: "POST", path: "/v1/secrets/main/db/rollback", body: `{"version":1}`}, 200, 3, 200},
	} {
		t.Run(c.what, func(t *testing.T) {
			h := newHouse(t, nil)
			secret := "/v1/secrets/main/db"
			if c.what == "create" {
				secret = "/v1/secrets/main/new"
			}
			c.a.token = h.admin
			c.a.header = http.Header{api.RequestIDHeader: {"id-1"}}
			first := h.want(c.a, c.status, "")
			for range 3 {
				if again := h.want(c.a, c.status, ""); string(again.body) != string(first.body) {
					t.Errorf("first %s\nagain %s", first.body, again.body)
				}
			}
			versions := string(h.do("GET", secret+"/versions", "").body)
			if n := strings.Count(versions, `"version":`); n != c.version {
				t.Errorf("%d versions: %s", n, versions)
			}
			c.a.header = http.Header{api.RequestIDHeader: {"id-2"}}
			if got := h.send(c.a); got.status != c.otherStatus {
				t.Errorf("another write: %d %s", got.status, got.body)
			}
			c.a.header = nil
			if got := h.send(c.a); got.status != c.otherStatus {
				t.Errorf("a write without an id: %d %s", got.status, got.body)
			}
		})
	}
}
