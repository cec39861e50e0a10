package secrets

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// existing is what to do with a secret that is there already.
type existing struct{ force, allow bool }

func (e *existing) flags(f *pflag.FlagSet, allow bool) {
	f.BoolVar(&e.force, "force", false, "replace all values of an existing secret, as a new version")
	if allow {
		f.BoolVar(&e.allow, "allow-existing", false, "leave an existing secret as it is")
		setting.Rivals(f, "force", "allow-existing")
	}
}

func (e existing) check() error {
	if e.force && e.allow {
		return cli.Usagef("--force and --allow-existing cannot be combined")
	}
	return nil
}

func (e existing) choice() resolve.IfExists {
	switch {
	case e.force:
		return resolve.OverwriteIfExists
	case e.allow:
		return resolve.KeepIfExists
	}
	return resolve.FailIfExists
}

// create stores a secret. The service leaves it out if all keys are new.
func create(ctx context.Context, service api.Service, r *api.CreateSecretRequest) (*api.Secret, error) {
	stored, err := service.CreateSecret(ctx, *r)
	if stored.Changes == nil && stored.Version == 1 && r.IfExists != resolve.KeepIfExists {
		stored.Changes = noChanges()
		stored.Changes.Set = stored.Keys
	}
	return &stored, err
}
