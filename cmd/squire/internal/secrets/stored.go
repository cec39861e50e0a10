package secrets

import (
	"fmt"

	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve/api"
)

// printStored prints what a write did to a secret, and its version.
func printStored(a *app.App, stored *api.Secret, asJSON bool) error {
	if asJSON {
		return a.JSON(stored)
	}
	return a.Printf("%s/%s%s, version %d\n", stored.Environment, stored.Name, changed(stored.Changes), stored.Version)
}

// noChanges is a write that found everything as it was.
func noChanges() *api.Changes {
	return &api.Changes{Set: []string{}, Removed: []string{}, Unchanged: []string{}}
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
	noun := " key"
	if len(c.Set) > 1 || len(c.Set) == 0 && len(c.Removed) > 1 {
		noun = " keys"
	}
	text, sep := "", ": "
	count := func(keys []string, done string) {
		if len(keys) > 0 {
			text += fmt.Sprint(sep, len(keys), noun, done)
			noun, sep = "", ", "
		}
	}
	count(c.Set, " set")
	count(c.Removed, " removed")
	count(c.Unchanged, " unchanged")
	return text
}
