package oidc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve/api"
)

// scope returns what the first matching rule allows.
func (i Issuer) scope(c claims) (api.Scope, bool) {
	for _, r := range i.Rules {
		fits := true
		for path, pattern := range r.Claims {
			fits = fits && c.fits(path, pattern)
		}
		if fits {
			return api.Scope{Role: r.Role, Environments: r.Environments, Names: r.Names}, true
		}
	}
	return api.Scope{}, false
}

const maxIdentity = 256

// identityName combines an issuer and a subject, whatever bytes they contain, so
// that no two pairs have the same name.
func identityName(issuer, sub string) string {
	name := "oidc:" + strings.ReplaceAll(escape(strings.TrimPrefix(issuer, "https://")), ":", "%3A") + ":" + escape(sub)
	if len(name) > maxIdentity {
		sum := sha256.Sum256([]byte(name))
		end := "~" + hex.EncodeToString(sum[:16])
		name = name[:maxIdentity-len(end)] + end
	}
	return name
}

func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._-/@:", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
