//go:build unix

package supervise

import "testing"

// Who has read the message may ask at once.
func TestStateIsSetBeforeItIsSaid(t *testing.T) {
	var p *Parent
	said := 0
	p = New(Config{Command: Command{Argv: []string{"sh"}}, Restart: OnFailure, Warn: func(string, ...any) {
		if said++; p.State().Phase != Waiting {
			t.Errorf("it is %s when it is said that it starts again", p.State().Phase)
		}
	}})
	p.phase(Running)
	if p.restart(9, 0); said != 1 {
		t.Errorf("%d messages", said)
	}
}
