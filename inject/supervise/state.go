package supervise

import "time"

// Phase is where the supervised command is in its life.
type Phase string

const (
	Starting Phase = "starting" // not yet, or not yet again
	Running  Phase = "running"
	Stopping Phase = "stopping" // asked to end, and not gone yet
	Waiting  Phase = "waiting"  // it failed, and the pause before the next start runs
	Ended    Phase = "ended"    // for good
)

// State is what may be known of the command, by anybody.
type State struct {
	Phase     Phase
	PID       int       // 0: none now
	StartedAt time.Time // of the last start; zero: never yet
	Restarts  int       // starts after the first, for whatever reason
	Failures  int       // starts after the first because the command had failed
	LastCode  int       // how the last one ended: its exit code, or 128+N; -1: none has yet
}
