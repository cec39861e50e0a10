package supervise

import (
	"os/exec"
	"slices"
	"syscall"
	"testing"
)

// Where a command has left nothing, a restart must not look at all processes.
func TestChildrenWhereThereAreNone(t *testing.T) {
	if n := testing.AllocsPerRun(10, func() {
		if all, err := children(); all != nil || err != nil {
			t.Fatal(all, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations: it reads /proc", n)
	}
}

func TestChildrenAndTheirGroups(t *testing.T) {
	var want []process
	for _, own := range []bool{true, false} {
		cmd := exec.Command("sleep", "1000")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: own}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}()
		p := process{cmd.Process.Pid, syscall.Getpgrp()}
		if own {
			p.group = p.pid
		}
		want = append(want, p)
	}
	all, err := children()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range want {
		if !slices.Contains(all, p) {
			t.Errorf("%v is not among %v", p, all)
		}
	}
}
