package squire

import (
	"fmt"
	"io"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/api/client"
)

// openServer is the service of a server, with the cache if one is configured. It
// does not use the network.
func openServer(s Settings) (api.Service, io.Closer, error) {
	c, err := client.New(client.Config{
		Server:       s.Server,
		Token:        s.Token,
		TokenFile:    s.TokenFile,
		CAFile:       s.CACert,
		InsecureHTTP: s.InsecureHTTP,
		Offline:      s.Offline,
		Timeout:      s.Timeout,
		Warn:         s.Warn,
	})
	if err != nil {
		return nil, nil, err
	}
	if s.CacheDir != "" {
		cache, err := newCache(s, c, c.Server())
		if err != nil {
			return nil, nil, err
		}
		return cache, c, nil
	}
	if s.Offline {
		return nil, nil, resolve.WithHint(fmt.Errorf("%w: --offline needs --cache, which secrets are taken from", resolve.ErrInvalid),
			"squire --offline --cache DIR …")
	}
	return c, c, nil
}
