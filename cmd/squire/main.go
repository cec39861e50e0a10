// Command squire starts a command with its secrets in the environment, then steps
// aside: it resolves named secrets, .env files, literals and local variables in
// order, checks that nothing is missing, and execs the command. It also lists and
// changes named secrets, in the embedded store or on a server (squired).
//
//	squire secret create db PGUSER=app PGPASSWORD=-
//	squire run -s db:PGUSER,PGPASSWORD -f .env -- ./server
//
// Start with README.md, or with "squire help". Its contracts are the command
// line, the variables, squire.yaml and the exit codes; it prints nothing of its own
// to standard output while it runs a command, and no value anywhere.
package main

import (
	"context"
	"os"

	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/signals"
	"github.com/squire-env/squire/inject/supervise"
)

func main() {
	supervise.Step(os.Args)
	os.Exit(app.Run(context.Background(), families(become), app.Call{
		Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}

// become is exec. The command ignores and blocks the signals that squire was
// started to ignore and to block.
func become(path string, argv, environ []string) error {
	signals.HandOn()
	return inject.Exec(path, argv, environ)
}
