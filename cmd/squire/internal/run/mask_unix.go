//go:build unix

package run

import (
	"fmt"
	"os"
	"time"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/inject/mask/stream"
	"github.com/squire-env/squire/inject/supervise"
)

// streams are those that the command gets; nil: our own.
func (m outputMask) streams(suspend func(), messages *cli.Messages) supervise.Streams {
	if m.masker == nil {
		return nil
	}
	return stream.New(stream.Config{
		Mask: m.masker, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, OnSuspend: suspend,
		Failed: func(name string, err error) {
			m.failed.Store(true)
			messages.Errors([]error{fmt.Errorf("%s cannot be written, and what the command prints is lost: %w", name, err)}, "")
		},
		DrainTimeout: 24 * time.Hour, // the reader may be slow, and a signal ends the wait
	})
}
