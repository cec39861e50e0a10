// Command squire arms a process with its secrets, then steps aside.
package main

import (
	"context"
	"os"

	"github.com/squire-env/squire/inject"
)

func main() {
	p := program{exec: inject.Exec}
	os.Exit(p.run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}
