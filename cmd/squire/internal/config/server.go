package config

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/resolve"
)

// serverFlags defines the flags that say which server is asked, and what happens
// while it cannot be reached.
func (c *Config) serverFlags(f *pflag.FlagSet) {
	s := &c.Squire
	f.StringVar(&s.Server, "server", "", "URL of squired (default: the embedded store)")
	f.StringVar(&s.TokenFile, "token-file", "", "file with the token for the server, read for each request; it outranks SQUIRE_TOKEN")
	f.StringVar(&s.CACert, "ca-cert", "", "file with the certificates (PEM) that are trusted instead of the system's")
	f.BoolVar(&s.InsecureHTTP, "insecure-http", false, "allow http to other machines: the token and all values are not encrypted then")
	f.StringVar(&s.CacheDir, "cache", "", "folder for the server's last answers, sealed, for when it cannot be reached")
	f.DurationVar(&s.CacheMaxAge, "cache-max-age", 24*time.Hour, "maximum age of an answer of the cache")
	f.BoolVar(&s.Offline, "offline", false, "take secrets from the cache alone")
	setting.Annotate(f, []string{"server"}, setting.InNamedFile, setting.Guarded, setting.Inherited)
	setting.Annotate(f, []string{"ca-cert"}, setting.InNamedFile, setting.Path, setting.Inherited)
	setting.Annotate(f, []string{"cache"}, setting.InNamedFile, setting.Path)
	setting.Annotate(f, []string{"cache-max-age"}, setting.InFile)
	setting.Annotate(f, []string{"token-file"}, setting.Guarded, setting.Inherited)
	setting.Annotate(f, []string{"offline"}, setting.Guarded)
}

func (c *Config) checkServer() error {
	if c.Squire.CacheMaxAge <= 0 {
		return errors.New("--cache-max-age: want a duration above zero, such as 24h")
	}
	return nil
}

// notTrusted is for the settings that say whom tokens and values go to, or where
// they are kept. A squire.yaml that was only found, as in a repository of another
// person, must not decide that. If a flag or a variable outranks it, it may stand
// there.
func notTrusted(path string, s fileSetting) error {
	return resolve.WithHint(fmt.Errorf("%s: a file that was not named does not decide where tokens and secrets go", s.where),
		"if you trust it: --config %s (or SQUIRE_CONFIG=%s); else --%s", path, path, s.flag)
}
