package supervise

import (
	"errors"
	"fmt"
	"time"

	"github.com/squire-env/squire/inject/change"
)

// Parent does nothing on Windows.
type Parent struct{}

// New makes a Parent.
func New(Config) *Parent { return &Parent{} }

// Run fails.
func (*Parent) Run() (int, error) {
	return 0, fmt.Errorf("supervision on Windows: %w", errors.ErrUnsupported)
}

// State says nothing.
func (*Parent) State() State { return State{Phase: Starting, LastCode: -1} }

// Alive is false.
func (*Parent) Alive(time.Duration) bool { return false }

// Change does nothing.
func (*Parent) Change(Command, change.Action) {}

// Suspend does nothing.
func (*Parent) Suspend() {}

// Step does nothing.
func Step([]string) {}

func keepIgnored() {}
