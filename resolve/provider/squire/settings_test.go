package squire

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
)

func TestSettingsFromEnviron(t *testing.T) {
	s, err := FromEnviron([]string{
		"SQUIRE_DATA_DIR=/d", "SQUIRE_MASTER_KEY_FILE=/k", "SQUIRE_MASTER_KEY=" + canary, "SQUIRE_TOKEN=" + canary, "SQUIRE_CACHE_KEY=" + canary, "SQUIRE_CACHE_KEY_FILE=/ck",
		"SQUIRE_ENVIRONMENT=prod", "SQUIRE_TIMEOUT=", "SQUIRE_SERVER=https://s", "SQUIRE_TOKEN_FILE=/t", "SQUIRE_CA_CERT=/ca", "SQUIRE_INSECURE_HTTP=1",
		"SQUIRE_CACHE=/c", "SQUIRE_CACHE_MAX_AGE=1h", "SQUIRE_OFFLINE=true", "SQUIRE_SECRETS=db", "SQUIRED_TOKEN=x", "HOME=/h",
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%+v", s)
	want := "{Variables:{DataDir:/d MasterKeyFile:/k MasterKey:[redacted] Token:[redacted] CacheKey:[redacted] CacheKeyFile:/ck} " +
		"Environment:prod Timeout:30s Server:https://s TokenFile:/t CACert:/ca InsecureHTTP:true CacheDir:/c CacheMaxAge:1h0m0s Offline:true Poll:0s LookupEnv:<nil> Warn:<nil>}"
	if shown != want || s.MasterKey.Reveal() != canary || s.Token.Reveal() != canary || s.CacheKey.Reveal() != canary {
		t.Errorf("%s", shown)
	}
	if s, err := FromEnviron(nil); err != nil || s.Timeout != 30*time.Second || s.Server != "" {
		t.Errorf("%+v %v", s, err)
	}
}

func TestSettingsThatCannotBeRead(t *testing.T) {
	_, err := FromEnviron([]string{"SQUIRE_CACHE_MAX_AGE=" + canary, "SQUIRE_OFFLINE=" + canary, "SQUIRE_TOKEN=[redacted]"})
	want := "invalid variable SQUIRE_TOKEN: want a value\ninvalid variable SQUIRE_CACHE_MAX_AGE: want a duration such as 30s\ninvalid variable SQUIRE_OFFLINE: want true or false"
	if !errors.Is(err, resolve.ErrInvalid) || err.Error() != want || strings.Contains(err.Error(), canary) {
		t.Errorf("%v", err)
	}
}
