package client

import (
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Only an optional secret may be absent, and then it has no values; one that exists
// must have all required keys.
func TestFitsOptional(t *testing.T) {
	optional := api.SecretRef{Name: "db", RequiredKeys: []string{"K"}, Version: 3, Optional: true}
	dict := api.EnvDict{"K": resolve.NewValue("v")}
	for name, test := range map[string]struct {
		ref    api.SecretRef
		answer api.ResolvedSecret
		fits   bool
	}{
		"absent":               {optional, api.ResolvedSecret{Absent: true}, true},
		"there":                {optional, api.ResolvedSecret{Version: 3, EnvDict: dict}, true},
		"another version":      {optional, api.ResolvedSecret{Version: 2, EnvDict: dict}, false},
		"a key missing":        {optional, api.ResolvedSecret{Version: 3, EnvDict: api.EnvDict{}}, false},
		"absent, with values":  {optional, api.ResolvedSecret{Version: 3, EnvDict: dict, Absent: true}, false},
		"neither":              {optional, api.ResolvedSecret{Version: 3}, false},
		"absent, not optional": {api.SecretRef{Name: "db"}, api.ResolvedSecret{Absent: true}, false},
	} {
		test.answer.Environment, test.answer.Name = "main", "db"
		got := fits(api.ResolveRequest{Secrets: []api.SecretRef{test.ref}}, api.ResolveResponse{Secrets: []api.ResolvedSecret{test.answer}, Etag: "e"})
		if got != test.fits {
			t.Errorf("%s: %t", name, got)
		}
	}
}
