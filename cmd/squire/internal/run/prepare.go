package run

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
)

// prepared is all that a command is started with: complete, and checked.
type prepared struct {
	argv   []string
	path   string // of argv[0], looked up in the environment
	result *plan.Result
}

func (r *runner) resolver(client *resolve.Client) *plan.Resolver {
	return &plan.Resolver{Client: client, Environ: r.Config.Inherited(r.Given), LookupEnv: r.LookupEnv, Timeout: r.Config.Timeout, Warn: r.Config.Warn}
}

// prepare takes a plan to where the command could start: all or nothing.
func (r *runner) prepare(ctx context.Context, resolver *plan.Resolver, p plan.Plan, argv []string) (*prepared, error) {
	result, err := resolver.Resolve(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, one := range result.Sources {
		switch label := one.Label; {
		case one.Absent && strings.Contains(label, "="): // a KEY=VALUE in place of a file
			r.Messages.Debugf("an optional source of %s is absent", one.From)
		case one.Absent:
			r.Messages.Debugf("%s: absent", label)
		default:
			r.Messages.Debugf("%s: %s", label, cli.Count(one.Vars, "variable", "variables"))
		}
	}
	path, err := inject.LookPath(argv[0], result.Environment)
	if name, _, assigns := strings.Cut(argv[0], "="); err != nil && assigns && (resolve.CheckKey(name) == nil || !strings.ContainsAny(name, " \t\n") && !exists(argv[0])) {
		// env(1) takes assignments there; an echo of it would reveal the value.
		return nil, resolve.WithHint(fmt.Errorf("the command looks like KEY=VALUE (not shown): %w", inject.ErrNotFound), "squire run -e KEY=VALUE -- COMMAND")
	}
	if err == nil {
		err = result.Environment.Check(path, argv)
	}
	if err != nil {
		return nil, err
	}
	return &prepared{argv, path, result}, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
