package change

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

func TestParseSignal(t *testing.T) {
	for text, want := range map[string]syscall.Signal{
		"TERM": 15, "sigterm": 15, "15": 15, "1": 1, "64": 64, "037": 37, "32": 32,
		"RTMIN": 34, "rtmin": 34, "SIGRTMIN+3": 37, "RtMin+3": 37, "RTMIN+30": 64, "RTMIN+0": 34,
		"RTMAX": 64, "RTMAX-1": 63, "sigrtmax-30": 34, "RTMAX-0": 64,
		"ABRT": 6, "IOT": 6, "SYS": 31, "CLD": 17, "CHLD": 17, "POLL": 29, "IO": 29, "STKFLT": 16, "PWR": 30,
	} {
		if got, err := ParseSignal(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "0", "65", "-1", "+1", "999", "1.5", " 1", "SIG", "SIG37", "NONE", "RTMIN-1", "RTMIN+31", "RTMIN+", "RTMIN3", "RTMIN++3", "RTMIN+ 3", "RTMAX+1", "RTMAX-31", "RTMAX-", "RT", "RTMIN+3x"} {
		if got, err := ParseSignal(bad); err == nil {
			t.Errorf("%q is %d", bad, got)
		}
	}
}

// TestSignalsAreKills holds the names and numbers against kill(1).
func TestSignalsAreKills(t *testing.T) {
	for sig := syscall.Signal(1); sig <= 64; sig++ {
		name := SignalName(sig)
		if got, err := ParseSignal(name); err != nil || got != sig {
			t.Errorf("%d is %s, which is %d (%v)", sig, name, got, err)
		}
		out, err := exec.Command("bash", "-c", fmt.Sprintf("kill -l %d", sig)).Output()
		if kills := strings.TrimSpace(string(out)); err == nil && kills != "" {
			if got, err := ParseSignal(kills); err != nil || got != sig {
				t.Errorf("kill says that %d is %s; we, %d (%v)", sig, kills, got, err)
			}
		}
	}
}
