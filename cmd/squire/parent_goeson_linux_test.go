package main

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A JVM prints its threads at QUIT. One that goes on afterwards is not ending:
// a change that came meanwhile counts when that is known, and the next at once.
func TestParentOfOneThatGoesOn(t *testing.T) {
	each(t, both(squire("--watch", "--debounce=0", "--kill-timeout=500ms", "-f", "env")), func(t *testing.T, w wrapper) {
		var file string
		write := func(text string) { put(t, file, text) }
		p := w.start(t, func(cmd *exec.Cmd) {
			file = filepath.Join(cmd.Dir, "env")
			write("K=one")
		}, "sh", "-c", `trap "echo INT >&3" INT; trap "echo QUIT >&3" QUIT; echo $K >&3; while :; do sleep 60 3>&- & wait; done`)
		p.expect("one")
		write("K=two")
		p.expect("two") // and QUIT is caught by now
		p.signal(syscall.SIGQUIT)
		p.expect("QUIT")
		write("K=three")
		p.expect("three")
		p.signal(syscall.SIGINT)
		p.expect("INT")
		write("K=four")
		p.expect("four")
		write("K=five")
		p.expect("five")
		p.signal(syscall.SIGTERM)
		p.ends(128 + int(syscall.SIGTERM))
	})
}

// A command that is stopped hears of TERM, as it would from systemd.
func TestParentOfOneThatIsStopped(t *testing.T) {
	each(t, both(squire()), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", `trap "echo TERM >&3; exit 5" TERM; (kill -STOP $$; echo stopped >&3) & wait`)
		p.expect("stopped")
		p.signal(syscall.SIGTERM)
		p.expect("TERM")
		p.ends(5)
	})
}
