//go:build unix

package supervise

import (
	"testing"

	"github.com/squire-env/squire/inject/change"
)

func TestSignalsThatCannotBeForwarded(t *testing.T) {
	for _, name := range []string{"KILL", "STOP", "CHLD", "URG", "PIPE", "TSTP", "TTIN", "TTOU"} {
		sig, err := change.ParseSignal(name)
		if err != nil || CheckForward(sig) == nil {
			t.Errorf("%s may be forwarded (%v)", name, err)
		}
	}
	for _, sig := range DefaultForward() {
		if err := CheckForward(sig); err != nil {
			t.Error(err)
		}
		if again, err := change.ParseSignal(change.SignalName(sig)); err != nil || again != sig {
			t.Errorf("%v is %v by its name (%v)", sig, again, err)
		}
	}
}
