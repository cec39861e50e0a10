package resolve

import (
	"context"
	"fmt"
	"time"
)

// Objects creates, lists and deletes stored secrets: those of the client's
// provider for references without a scheme, in the active environment unless an
// option says otherwise. If that provider is read-only: errors.ErrUnsupported.
type Objects struct{ client *Client }

// Objects returns the stored secrets.
func (c *Client) Objects() Objects { return Objects{c} }

// ObjectOption is an option of Create, List or Delete.
type ObjectOption func(*objectOptions)

type objectOptions struct {
	environment                     string
	allowExisting, replace, missing bool
	max                             *int
	before                          time.Time
}

// Environment selects an environment instead of the active one (Create, List,
// Delete).
func Environment(name string) ObjectOption { return func(o *objectOptions) { o.environment = name } }

// AllowExisting makes Create a no-op if the secret exists: its values are kept.
func AllowExisting() ObjectOption { return func(o *objectOptions) { o.allowExisting = true } }

// Replace makes Create replace all values of an existing secret, as a new version.
// It excludes AllowExisting.
func Replace() ObjectOption { return func(o *objectOptions) { o.replace = true } }

// AllowMissing makes Delete a no-op if there is no such secret.
func AllowMissing() ObjectOption { return func(o *objectOptions) { o.missing = true } }

// MaxObjects limits List; 0 is none, a negative number is an ErrInvalid. Without
// this option List returns all.
func MaxObjects(n int) ObjectOption { return func(o *objectOptions) { o.max = &n } }

// CreatedBefore lists only what was created before t, exclusive (List).
func CreatedBefore(t time.Time) ObjectOption { return func(o *objectOptions) { o.before = t } }

// Create stores a new secret with these values; nil ones are ignored.
func (o Objects) Create(ctx context.Context, name string, dict map[string]*string, options ...ObjectOption) error {
	m, set, err := o.prepare(options)
	if err != nil {
		return err
	}
	values := make(map[string]Value, len(dict))
	for k, text := range dict {
		if text != nil {
			values[k] = NewValue(*text)
		}
	}
	ifExists := FailIfExists
	switch {
	case set.allowExisting && set.replace:
		return fmt.Errorf("%w options: AllowExisting and Replace exclude each other", ErrInvalid)
	case set.allowExisting:
		ifExists = KeepIfExists
	case set.replace:
		ifExists = OverwriteIfExists
	}
	return m.Create(ctx, inEnvironment(set.environment, name), values, ifExists)
}

// List lists the stored secrets, newest first.
func (o Objects) List(ctx context.Context, options ...ObjectOption) ([]Info, error) {
	m, set, err := o.prepare(options)
	if err != nil {
		return nil, err
	}
	q := ListQuery{Environment: set.environment, CreatedBefore: set.before, Max: -1}
	if set.max != nil {
		if q.Max = *set.max; q.Max < 0 {
			return nil, fmt.Errorf("%w maximum of objects: %d is negative", ErrInvalid, q.Max)
		}
	}
	return m.List(ctx, q)
}

// Delete removes a secret with all its versions, permanently.
func (o Objects) Delete(ctx context.Context, name string, options ...ObjectOption) error {
	m, set, err := o.prepare(options)
	if err != nil {
		return err
	}
	return m.Delete(ctx, inEnvironment(set.environment, name), set.missing)
}

func (o Objects) prepare(options []ObjectOption) (Manager, objectOptions, error) {
	var set objectOptions
	for _, option := range options {
		option(&set)
	}
	m, err := o.client.manager(Ref{})
	return m, set, err
}
