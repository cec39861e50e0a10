package run

import (
	"context"
	"fmt"
	"net"

	"github.com/squire-env/squire/inject/refresh"
	"github.com/squire-env/squire/inject/status"
	"github.com/squire-env/squire/inject/supervise"
)

// statusPage is what --status-listen asks for. The zero one is nothing.
type statusPage struct{ listener net.Listener }

// listen takes the address before anything is started: one that is taken is an
// error of squire's, not of a command that runs.
func (f *parentFlags) listen() (statusPage, error) {
	if f.statusListen == "" {
		return statusPage{}, nil
	}
	l, err := status.Listen(f.statusListen)
	if err != nil {
		return statusPage{}, fmt.Errorf("--status-listen: %w", err)
	}
	return statusPage{l}, nil
}

func (p statusPage) serve(ctx context.Context, parent *supervise.Parent, sources *refresh.Refresher) {
	if p.listener == nil {
		return
	}
	go func() {
		_ = status.Serve(ctx, p.listener, status.Config{
			Snapshot: func() status.Snapshot {
				c := parent.State()
				return status.Snapshot{Sources: sources.State(), Child: &status.Child{
					Phase: string(c.Phase), PID: c.PID, StartedAt: c.StartedAt, Restarts: c.Restarts, Failures: c.Failures, LastCode: c.LastCode,
				}}
			},
			Alive: parent.Alive,
		})
	}()
}

// Close removes what a socket has left.
func (p statusPage) Close() {
	if p.listener != nil {
		_ = p.listener.Close()
	}
}
