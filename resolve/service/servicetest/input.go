package servicetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

func testBadInput(t *testing.T, open Open) {
	k := start(t, open)
	_, err := k.CreateSecret(k.ctx, api.CreateSecretRequest{Environment: "-e", Name: "a b", EnvDict: dict("9x", "canary", "OK", "nul\x00canary", "U", "\xffcanary", "canary=x", "v")})
	k.want(err, resolve.ErrInvalid)
	if n := len(strings.Split(err.Error(), "\n")); n != 6 {
		t.Fatalf("%d errors, want all 6: %v", n, err)
	}
	if strings.Contains(err.Error(), "canary") {
		t.Fatalf("a value in an error: %v", err)
	}
	for _, name := range []string{"", ".", "..", "a/b", "a\x00b", "ä", "%2F", strings.Repeat("x", 65)} {
		_, err := k.SecretInfo(k.ctx, api.SecretRequest{Name: name})
		k.want(err, resolve.ErrInvalid)
		_, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: name}}})
		k.want(err, resolve.ErrInvalid)
		if name != "" {
			_, err = k.CreateEnvironment(k.ctx, name)
			k.want(err, resolve.ErrInvalid)
		}
	}
	_, err = k.Resolve(k.ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: "x", RequiredKeys: []string{"a-b"}, Version: -1}}})
	k.want(err, resolve.ErrInvalid)
}

func testLimits(t *testing.T, open Open) {
	k := start(t, open)
	long := strings.Repeat("v", resolve.MaxValueLength)
	k.create("", "long", dict(strings.Repeat("K", resolve.MaxKeyLength), long))
	_, err := k.CreateSecret(k.ctx, api.CreateSecretRequest{Name: "value", EnvDict: dict("A", long+"v")})
	k.want(err, resolve.ErrInvalid)
	big := api.EnvDict{}
	for i := range resolve.MaxSecretLength/resolve.MaxValueLength + 1 {
		big[fmt.Sprint("K", i)] = resolve.NewValue(long)
	}
	_, err = k.CreateSecret(k.ctx, api.CreateSecretRequest{Name: "big", EnvDict: big})
	k.want(err, resolve.ErrInvalid)
	delete(big, "K0")
	delete(big, "K1")
	k.create("", "big", big)
	_, err = k.UpdateSecret(k.ctx, api.UpdateSecretRequest{Name: "big", EnvDict: changes("K0", long, "K1", long)})
	k.want(err, resolve.ErrInvalid)
	name := strings.Repeat("n", resolve.MaxNameLength)
	k.create("", name, nil)
	k.equal(k.value("", name), map[string]string{})
}
