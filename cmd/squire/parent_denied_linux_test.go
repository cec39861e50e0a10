package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// denying is squire under a filter of system calls.
func denying(t *testing.T, rules string, flags ...string) wrapper {
	return squire(flags...).before(self(t), "child:denied", rules, "--")
}

// What can be done without is, and a warning says what that means.
func TestParentWhereStepsAreDenied(t *testing.T) {
	for _, c := range []struct{ rules, warns string }{
		{"pdeathsig=EPERM", "PR_SET_PDEATHSIG is denied (operation not permitted): if squire is killed, sh lives on"},
		{"pdeathsig=ENOSYS", "PR_SET_PDEATHSIG is denied (function not implemented)"},
		{"pdeathsig=EACCES", "PR_SET_PDEATHSIG is denied (permission denied)"},
		{"setpgid=EPERM", "setpgid is denied (operation not permitted): sh is in the process group of squire, and signals reach nothing that it starts"},
		{"setpgid=ENOSYS", "setpgid is denied (function not implemented)"},
		{"setpgid=EPERM,pdeathsig=EPERM", "setpgid is denied"},
		{"subreaper=EPERM", "PR_SET_CHILD_SUBREAPER is denied (operation not permitted): what sh starts in other process groups may outlive a restart"},
		{"dumpable=EPERM", "PR_SET_DUMPABLE is denied (operation not permitted): sh can read the environment of squire in /proc, with credentials"},
		{"clone3=ENOSYS,pidfd=ENOSYS,tiocspgrp=EPERM,tiocsctty=EPERM,prlimit=EPERM", ""},
		{"waitid=EPERM", ""},
	} {
		t.Run(c.rules, func(t *testing.T) {
			p := denying(t, c.rules).start(t, nil, "sh", "-c", `trap "echo TERM >&3; exit 5" TERM; echo ready >&3; while :; do sleep 1000 3>&- & wait; done`)
			p.expect("ready")
			p.signal(syscall.SIGTERM)
			p.expect("TERM")
			p.ends(5)
			said := p.read("stderr")
			if !strings.Contains(said, c.warns) || (c.warns == "") != (said == "") {
				t.Errorf("it says %q", said)
			}
		})
	}
}

// Without sigtimedwait it waits in another way, and not in a loop.
func TestParentWhereWaitingIsDenied(t *testing.T) {
	for _, rules := range []string{"sigtimedwait=ENOSYS", "sigtimedwait=EPERM", "sigtimedwait=EPERM,ppoll=EPERM"} {
		p := denying(t, rules, "--restart=on-failure", "--max-restarts=1/1m").start(t, nil, "sh", "-c",
			`if [ -e ran ]; then trap "echo TERM >&3; kill -9 $$" TERM; trap "echo USR1 >&3" USR1; echo ready >&3; while :; do sleep 1000 3>&- & wait; done; fi; : >ran; exit 9`)
		p.expect("ready") // a second after the first start
		p.signal(syscall.SIGUSR1)
		p.expect("USR1")
		p.signal(syscall.SIGTERM)
		p.expect("TERM")
		p.ends(killed)
		if used := p.cmd.ProcessState.SystemTime() + p.cmd.ProcessState.UserTime(); used > 500*time.Millisecond {
			t.Errorf("%s: it used %s of a processor", rules, used)
		}
	}
}

// INT is forwarded where somebody sent it, and not where the terminal did, which
// the command has from it already.
func TestTerminalWhereWaitingIsDenied(t *testing.T) {
	for _, rules := range []string{"sigtimedwait=EPERM", "sigtimedwait=EPERM,ppoll=EPERM", "sigtimedwait=EPERM,sigqueue=EPERM"} {
		s := newShell(t)
		run := "seq 1 | " + self(t) + " child:denied " + rules + " -- " + squireBinary + " run --supervise -- bash "
		s.enter(run + `-c 'trap "echo int.; c=1" INT; until [ "$c" ]; do kill -INT $PPID; sleep 0.1; done; exit 8'`).expect("int.")
		s.code("8")
		put(t, s.dir+"/child", `n=0; trap 'n=$((n+1)); echo "int $n."' INT; echo ready
until [ -e end ]; do sleep 0.01; done; echo "all $n."; exit 7`)
		s.enter(run + "child").expect("ready")
		s.keys(ctrlC).expect("int 1.")
		put(t, s.dir+"/end", "")
		s.expect("all 1.")
		s.code("7")
	}
}

// What cannot be done without is named; where it is execve, that is the command's.
func TestParentWhereAForkIsDenied(t *testing.T) {
	for rules, want := range map[string]string{
		"clone=EPERM":  "squire: error: sh cannot be started: clone: operation not permitted\n",
		"clone=EAGAIN": "squire: error: /bin/sh cannot be started: no more processes are allowed, threads included (pids.max of the cgroup, or ulimit -u)\nsquire: hint: squire help troubleshooting\n",
	} {
		p := denying(t, rules).start(t, func(cmd *exec.Cmd) { cmd.Env = append(os.Environ(), "PATH=/bin") }, "sh", "-c", "echo started >&3")
		if p.ends(125); p.read("stderr") != want {
			t.Errorf("it says %q", p.read("stderr"))
		}
		p.silence()
	}
}

// With a terminal there are more steps.
func TestTerminalWhereStepsAreDenied(t *testing.T) {
	for _, c := range []struct{ rules, flag, want string }{
		{"setsid=EPERM", "--mask", "squire: error: sh cannot be started: setsid: operation not permitted\r\n"},
		{"tiocsctty=EPERM", "--mask", "squire: error: sh cannot be started: TIOCSCTTY: operation not permitted\r\n"},
		{"ptmx=EPERM", "--mask", "squire: error: what sh prints cannot be masked: there is no terminal for it (/dev/ptmx): operation not permitted\r\n"},
		{"setsid=EPERM,tiocsctty=EPERM,ptmx=EPERM", "--supervise", "hi\r\n"},
		{"tiocspgrp=EPERM", "--supervise", "hi\r\n"},
		{"setpgid=EPERM", "--supervise", "hi\r\n"},
	} {
		w := denying(t, c.rules, c.flag)
		w.argv = slices.DeleteFunc(w.argv, func(arg string) bool { return arg == "--supervise" && c.flag != arg })
		cmd := exec.Command(w.argv[0], append(w.argv[1:], "sh", "-c", "echo hi")...)
		f, err := pty.Start(cmd)
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(f) // it ends with EIO
		f.Close()
		if err := cmd.Wait(); !strings.Contains(string(said), c.want) || (err != nil) != strings.Contains(c.want, "error") {
			t.Errorf("%s %s: %v: it says %q", c.rules, c.flag, err, said)
		}
	}
}

// A hook and a restart, where nearly all is denied: each thing is said once.
func TestParentRestartsWhereStepsAreDenied(t *testing.T) {
	w := denying(t, "setpgid=EPERM,pdeathsig=EPERM,dumpable=EPERM", "--watch", "--debounce=0", "-f", "env", "--on-change", "exec:sh hook", "--restart=on-failure", "--kill-timeout=200ms")
	p := w.start(t, func(cmd *exec.Cmd) {
		put(t, filepath.Join(cmd.Dir, "env"), "K=one")
		put(t, filepath.Join(cmd.Dir, "hook"), "echo hook >&3; : >hooked")
	}, "sh", "-c", `echo $K >&3; if [ -e hooked ]; then exec sleep 1000; fi; (trap "" TERM; exec sleep 1000) & until [ -e hooked ]; do sleep .01; done; exit 9`)
	p.expect("one")
	put(t, filepath.Join(p.dir, "env"), "K=two")
	p.expect("hook", "two")
	p.signal(syscall.SIGTERM)
	p.ends(143)
	p.silence() // what the first one had left was killed
	for _, step := range []string{"setpgid", "PR_SET_PDEATHSIG", "PR_SET_DUMPABLE"} {
		if n := strings.Count(p.read("stderr"), step+" is denied"); n != 1 {
			t.Errorf("%s is said %d times: %s", step, n, p.read("stderr"))
		}
	}
}
