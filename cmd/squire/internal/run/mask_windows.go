package run

import (
	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/inject/supervise"
)

// streams is nil: there is no parent on Windows that could have some.
func (m outputMask) streams(func(), *cli.Messages) supervise.Streams { return nil }
