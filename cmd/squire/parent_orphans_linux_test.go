package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// children are the processes below another, zombies included.
func children(t *testing.T, pid int) (all []string) {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if err == nil { // else the thread is gone
			all = append(all, strings.Fields(string(b))...)
		}
	}
	return all
}

func TestParentReapsOrphans(t *testing.T) {
	if _, err := os.Stat("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children"); err != nil {
		t.Skipf("this kernel does not list children: %v", err)
	}
	each(t, append(both(squire()), both(tini())...), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", `i=0; while [ $i -lt 1000 ]; do (: &); i=$((i+1)); done; echo made >&3; exec sleep 1000`)
		p.expect("made")
		// The last ones may still end: nothing but /proc tells when all are reaped.
		for start, tick := time.Now(), time.Tick(time.Millisecond); len(children(t, p.cmd.Process.Pid)) != 1; <-tick {
			if time.Since(start) > hang {
				t.Fatalf("%d children are left", len(children(t, p.cmd.Process.Pid)))
			}
		}
		p.signal(syscall.SIGTERM)
		p.ends(128 + int(syscall.SIGTERM))
	})
}

// The command ends in the middle of hundreds of orphans that do, each with a
// code of its own: it is the command's that counts.
func TestParentKeepsTheStatusAmongOrphans(t *testing.T) {
	each(t, both(squire()), func(t *testing.T, w wrapper) {
		for code := range 50 {
			p := w.start(t, nil, "sh", "-c", fmt.Sprintf(`i=0; while [ $i -lt 200 ]; do (exit $((100+i)) &); i=$((i+1)); done; exit %d`, code))
			p.ends(code)
		}
	})
}

// An orphan that lives on and holds standard output holds up nobody.
func TestParentLeavesOrphansThatHoldThePipe(t *testing.T) {
	each(t, append(both(squire()), both(squire("--restart", "on-failure", "--max-restarts", "0/1m"))...), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", "sleep 1000 & echo $! >&3; exit 3")
		pid, err := strconv.Atoi(p.next())
		if err != nil {
			t.Fatal(err)
		}
		p.ends(3)
		if !w.init {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		p.silence()
	})
}
