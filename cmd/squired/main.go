// Command squired serves named secrets over HTTP, and looks after their store:
// backup, restore, copy, rotation of the master key, and the audit trail.
//
//	squired serve
//	squired backup --recipient age1… --out squire.backup
//
// Start with "squire help server". An acknowledged write survives a crash, an
// access is in the audit trail before it is answered, and no value is in a log.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal is not waited for
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	os.Exit(code)
}
