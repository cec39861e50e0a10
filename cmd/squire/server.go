package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/resolve"
)

// serverFlags say which server is asked, and what happens while it is away.
// Without a server all of them count for nothing, but offline, which is then
// refused.
type serverFlags struct {
	url, tokenFile, caCert string
	insecureHTTP           bool
	cache                  string
	cacheMaxAge            time.Duration
	offline                bool
}

func (s *serverFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&s.url, "server", "", "URL of squired (default: the embedded store)")
	f.StringVar(&s.tokenFile, "token-file", "", "file with the token for the server, read for each request; it outranks SQUIRE_TOKEN")
	f.StringVar(&s.caCert, "ca-cert", "", "file with the certificates (PEM) that are trusted instead of the system's")
	f.BoolVar(&s.insecureHTTP, "insecure-http", false, "allow http to other machines: the token and all values go in the clear")
	f.StringVar(&s.cache, "cache", "", "folder for the server's last answers, sealed, for when it cannot be reached")
	f.DurationVar(&s.cacheMaxAge, "cache-max-age", 24*time.Hour, "how old an answer of the cache may be")
	f.BoolVar(&s.offline, "offline", false, "take secrets from the cache alone")
	setting.Annotate(f, []string{"server"}, setting.InNamedFile, setting.Guarded, setting.Inherited)
	setting.Annotate(f, []string{"ca-cert"}, setting.InNamedFile, setting.Path, setting.Inherited)
	setting.Annotate(f, []string{"cache"}, setting.InNamedFile, setting.Path)
	setting.Annotate(f, []string{"cache-max-age"}, setting.InFile)
	setting.Annotate(f, []string{"token-file"}, setting.Guarded, setting.Inherited)
	setting.Annotate(f, []string{"offline"}, setting.Guarded)
}

// check refuses what was meant to say something and does not: an unset shell
// variable must not mean the embedded store, nor another token.
func (s *serverFlags) check(flags *pflag.FlagSet) error {
	for _, name := range [...]string{"server", "token-file", "ca-cert", "cache"} {
		if f := flags.Lookup(name); f != nil && f.Changed && f.Value.String() == "" {
			return fmt.Errorf("--%s is empty; leave it out for the default", name)
		}
	}
	if s.cacheMaxAge <= 0 {
		return fmt.Errorf("--cache-max-age: want a duration above zero, such as 24h")
	}
	return nil
}

// notTrusted is for the settings that say whom tokens and values go to, or where
// they lie. A squire.yaml that was merely found, as in a repository of somebody
// else's, does not get to say that: it must have been named, by --config or
// SQUIRE_CONFIG. A flag or a variable outranks it, and then it may stand there.
func notTrusted(path string, f fileSetting) error {
	return resolve.WithHint(fmt.Errorf("%s: a file that was not named does not decide where tokens and secrets go", f.where),
		"if you trust it: --config %s (or SQUIRE_CONFIG=%s); else --%s", path, path, f.flag)
}
