package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/service/internal/store"
	"github.com/squire-env/squire/resolve/typo"
)

// noEnvironment is the error of an absent environment.
type noEnvironment struct{ name string }

func (e *noEnvironment) Error() string {
	return fmt.Sprintf("environment %s %v", e.name, resolve.ErrNotFound)
}
func (e *noEnvironment) Is(target error) bool { return target == resolve.ErrNotFound }

// WithHint adds to an error about something absent what the caller can do. It
// suggests only what the caller may do, and shows only what the caller may list,
// so that the hint is the same for what is hidden and for what does not exist.
func (r *Records) WithHint(err error) error {
	if err == nil || resolve.Hint(err) != "" || r.ring == nil { // without a store, see hintFirst
		return err
	}
	var environment *noEnvironment
	var version *noVersion
	var lacks *resolve.MissingKeysError
	var absent *resolve.NotFoundError
	hint := ""
	switch {
	case errors.As(err, &environment):
		hint = r.hintEnvironment(environment.name)
	case errors.As(err, &version):
		hint = r.ifAllowed(Access{Versions, version.secret.Environment, version.secret.Name}, "squire secret versions %s/%s")
	case errors.As(err, &lacks):
		hint = r.hintKeys(lacks)
	case errors.As(err, &absent):
		hint = r.hintSecret(absent.Environment, absent.Name)
	}
	if hint == "" {
		return err
	}
	return resolve.WithHint(err, "%s", hint)
}

// ifAllowed is a hint about a secret for a caller who may do a.
func (r *Records) ifAllowed(a Access, format string) string {
	if !r.allows(a) {
		return ""
	}
	return fmt.Sprintf(format, a.Environment, a.Name)
}

func (r *Records) hintSecret(environment, name string) string {
	if !matches(r.scope.Environments, environment) || !matches(r.scope.Names, name) {
		return fmt.Sprintf("if %s/%s exists, this token may not see it: ask an administrator of the server", environment, name)
	}
	if !r.hasEnvironment(environment) {
		if hint := r.hintEnvironment(environment); hint != "" {
			return hint
		}
	}
	near := ""
	if r.allows(Access{List, environment, ""}) { // else the time would tell of its size
		near = r.near(createdBucket, environment+"/", name, func(key string) (string, bool) {
			known, ok := nameOf(key, environment+"/")
			return known, ok && r.allows(Access{List, environment, known})
		})
	}
	switch {
	case near != "":
		return fmt.Sprintf("did you mean %s/%s?", environment, near)
	case r.about(Resolve, Update) && r.allows(Access{Create, environment, name}):
		return fmt.Sprintf("squire secret create %s/%s KEY=-", environment, name)
	case r.allows(Access{List, environment, ""}):
		return fmt.Sprintf("squire -E %s secret list", environment)
	}
	return "check the name, or ask for somebody to create it: this token only resolves"
}

func (r *Records) hintKeys(lacks *resolve.MissingKeysError) string {
	environment, name := lacks.Environment, lacks.Name
	if r.allows(Access{Info, environment, name}) {
		head, err := r.secret(environment, name)
		for _, key := range head.Keys {
			if err == nil && len(lacks.Keys) == 1 && isNear(key, lacks.Keys[0]) {
				return fmt.Sprintf("did you mean %s?", key)
			}
		}
	}
	if r.allows(Access{Update, environment, name}) {
		return fmt.Sprintf("squire secret update %s/%s %s=-", environment, name, strings.Join(lacks.Keys, "=VALUE "))
	}
	return r.ifAllowed(Access{Info, environment, name}, "squire secret info %s/%s")
}

func (r *Records) hintEnvironment(name string) string {
	near := ""
	if r.allows(Access{ListEnvironments, "", ""}) { // else the time would tell how many there are
		near = r.near(environmentsBucket, "", name, func(key string) (string, bool) {
			return key, r.allows(Access{ListEnvironments, key, ""})
		})
	}
	switch {
	case near != "":
		return fmt.Sprintf("did you mean %s?", near)
	case r.about(Resolve, Create, Update) && r.allows(Access{CreateEnvironment, name, ""}):
		return "squire environment create " + name
	case r.allows(Access{ListEnvironments, "", ""}):
		return "squire environment list"
	}
	return ""
}

// about reports whether one of these actions was requested.
func (r *Records) about(actions ...Action) bool {
	return slices.ContainsFunc(r.grants, func(g grant) bool { return slices.Contains(actions, g.Action) })
}

// hasEnvironment is for a caller who may see the environment.
func (r *Records) hasEnvironment(name string) bool {
	b, err := r.pending.Get(environmentsBucket, name)
	return name == resolve.DefaultEnvironment || b != nil || err != nil
}

// maxNear bounds the keys that near reads for one error.
const maxNear = 1000

// near returns the name among the keys of a bucket that the typed one was
// probably meant to be, or "". A failure is no reason for another error.
func (r *Records) near(bucket, prefix, typed string, nameOf func(key string) (string, bool)) (near string) {
	seen := 0
	_ = r.pending.Scan(bucket, store.Range{Prefix: prefix}, func(key string, _ []byte) (bool, error) {
		seen++
		if name, ok := nameOf(key); ok && isNear(name, typed) {
			near = name
		}
		return near == "" && seen < maxNear, r.ctx.Err()
	})
	return near
}

func isNear(known, typed string) bool {
	return known != typed && (strings.EqualFold(known, typed) || typo.Of(known, typed))
}
