package account

import (
	"os"
	"testing"
)

func TestNameIgnoresTheEnvironment(t *testing.T) {
	want := Name()
	for _, name := range []string{"USER", "LOGNAME", "USERNAME"} {
		t.Setenv(name, "mallory")
	}
	if got := Name(); got != want || got == "" {
		t.Errorf("%q, and with $USER %q", want, got)
	}
	if os.Getuid() == 0 && want != "root" {
		t.Errorf("%q, want root", want)
	}
}
