package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/postgres"
)

// backend is an engine that keeps the store of several servers.
type backend struct {
	schemes []string // of its URLs; the first is the one that messages show
	example string   // a URL in full
	at      func(url string, wait time.Duration) service.Backend
}

// backends has one row for each engine; without a URL, the store is a folder.
func backends() []backend {
	return []backend{
		{[]string{"postgres", "postgresql"}, postgres.Example, func(url string, wait time.Duration) service.Backend {
			return postgres.Config{URL: url, Wait: wait}
		}},
	}
}

// backendOf is the row of a scheme; nil: there is none.
func backendOf(scheme string) *backend {
	all := backends()
	if i := slices.IndexFunc(all, func(b backend) bool { return slices.Contains(b.schemes, scheme) }); i >= 0 {
		return &all[i]
	}
	return nil
}

// databaseAt finds the engine of a URL, which it never shows: a URL may hold a
// password.
func databaseAt(url string, wait time.Duration) (service.Backend, error) {
	scheme, _, _ := strings.Cut(url, "://")
	if b := backendOf(scheme); b != nil {
		return b.at(url, wait), nil
	}
	var examples []string
	for _, b := range backends() {
		examples = append(examples, b.example)
	}
	return nil, resolve.WithHint(fmt.Errorf("%w database URL (it may hold a password, and is not shown)", resolve.ErrInvalid),
		"it looks like %s", strings.Join(examples, " or "))
}

// databaseURLs are the beginnings of the URLs, for messages.
func databaseURLs() string {
	var all []string
	for _, b := range backends() {
		all = append(all, b.schemes[0]+"://…")
	}
	return strings.Join(all, ", ")
}
