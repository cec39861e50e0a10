package secrets

import (
	"fmt"
	"strings"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve/api"
)

// printStored prints what a write did to a secret, and its version.
func printStored(a *app.App, stored api.Secret, asJSON bool) error {
	if asJSON {
		return a.JSON(stored)
	}
	return a.Printf("%s/%s%s, version %d\n", stored.Environment, stored.Name, changed(stored.Changes), stored.Version)
}

// changed counts the keys that a write set, removed and left as they were. It is
// "" if that is not known.
func changed(c *api.Changes) string {
	switch {
	case c == nil:
		return ""
	case len(c.Set)+len(c.Removed) == 0:
		return ": unchanged"
	}
	var parts []string
	for _, part := range []struct {
		keys []string
		done string
	}{{c.Set, "set"}, {c.Removed, "removed"}, {c.Unchanged, "unchanged"}} {
		switch {
		case len(part.keys) == 0:
		case parts == nil:
			parts = append(parts, cli.Count(len(part.keys), "key ", "keys ")+part.done)
		default:
			parts = append(parts, fmt.Sprint(len(part.keys), " ", part.done))
		}
	}
	return ": " + strings.Join(parts, ", ")
}
