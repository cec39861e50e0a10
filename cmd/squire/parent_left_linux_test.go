package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// once makes a command of two runs: the first one runs first and fails, the
// second says that it runs, and ends with 7.
func once(first string) []string {
	return []string{"sh", "-c", `if [ -e ran ]; then echo second >&3; exit 7; fi; : >ran; ` + first}
}

// worker is for setsid: it says that it is there, and at TERM that it ends.
const worker = `trap "echo worker ends >&3; exit" TERM; echo worker >&3; : >worker; while :; do sleep 1000 3>&- & wait; done`

// deaf is for setsid: it ignores TERM, as do its children.
const deaf = `trap "" TERM; : >worker; exec sleep 1000`

const untilWorker = ` until [ -e worker ]; do sleep .01; done; exit 9`

// Nothing of the last start lives on beside the next one, in whatever session it is.
func TestParentEndsAllOfTheOldStartBeforeTheNext(t *testing.T) {
	restart := []string{"--restart", "on-failure", "--max-restarts", "1/1m"}
	for _, c := range []struct {
		name, first string
		flags, want []string
	}{
		{"a session of its own", `setsid sh -c '` + worker + `' &` + untilWorker, nil, []string{"worker", "worker ends", "second"}},
		{"forked twice", `(setsid sh -c '` + worker + `' & );` + untilWorker, nil, []string{"worker", "worker ends", "second"}},
		{"below one that dies at TERM", `setsid sh -c "sh -c '` + strings.ReplaceAll(worker, `"`, `\"`) + `'; :" &` + untilWorker, nil, []string{"worker", "worker ends", "second"}},
		{"ignores TERM", `setsid sh -c '` + deaf + `' &` + untilWorker, []string{"--kill-timeout=200ms"}, []string{"second"}},
		{"three sessions deep", `setsid sh -c 'trap "" TERM; setsid sh -c "setsid sleep 1000 & : >worker; sleep 1000"; :' &` + untilWorker, []string{"--kill-timeout=200ms"}, []string{"second"}},
		{"stopped", `setsid sh -c ': >worker; kill -STOP $$; sleep 1000' &` + untilWorker, []string{"--kill-timeout=200ms"}, []string{"second"}},
		{"forks while it is killed", `setsid sh -c 'trap "" TERM; : >worker; while :; do setsid sh -c "trap \"\" TERM; sleep 1000 & sleep 1000" & sleep .001; done' &` + untilWorker, []string{"--kill-timeout=50ms"}, []string{"second"}},
		{"the signal is another", `setsid sh -c 'trap "echo USR1 >&3; exit" USR1; : >worker; while :; do sleep 1000 3>&- & wait; done' &` + untilWorker, []string{"--kill-signal=USR1"}, []string{"USR1", "second"}},
		{"with --kill-group", `setsid sh -c '` + worker + `' &` + untilWorker, []string{"--kill-group"}, []string{"worker", "worker ends", "second"}},
		{"masked", `setsid sh -c '` + worker + `' &` + untilWorker, []string{"--mask"}, []string{"worker", "worker ends", "second"}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			each(t, both(squire(append(restart, c.flags...)...)), func(t *testing.T, w wrapper) {
				p := w.start(t, nil, once(c.first)...)
				p.expect(c.want...)
				p.ends(7)
				p.silence()
			})
		})
	}
}

// One that adopts its orphans itself, and one that is PID 1 of its children.
func TestParentEndsOthersThatAdopt(t *testing.T) {
	restart := squire("--restart", "on-failure", "--max-restarts", "1/1m", "--kill-timeout=200ms")
	each(t, both(restart), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, once(`setsid `+self(t)+` child:adopts &`+untilWorker)...)
		p.expect("second")
		p.ends(7)
		p.silence()
	})
	each(t, both(restart), func(t *testing.T, w wrapper) {
		needNamespaces(t)
		needRoot(t) // for unshare(1)
		p := w.start(t, nil, once(`setsid unshare --pid --fork sh -c '`+strings.ReplaceAll(deaf, "exec", "setsid sleep 1000 &")+`' &`+untilWorker)...)
		p.expect("second")
		p.ends(7)
		p.silence()
	})
}

func TestParentEndsAllOfTheOldStartAtAChange(t *testing.T) {
	each(t, both(squire("--watch", "--debounce=0", "-f", "env")), func(t *testing.T, w wrapper) {
		p := w.start(t, func(cmd *exec.Cmd) { put(t, filepath.Join(cmd.Dir, "env"), "K=one") },
			"sh", "-c", `echo $K >&3; setsid sh -c 'trap "echo $K ends >&3; exit" TERM; echo $K works >&3; while :; do sleep 1000 3>&- & wait; done' & exec sleep 1000 3>&-`)
		p.expect("one", "one works")
		put(t, filepath.Join(p.dir, "env"), "K=two")
		p.expect("one ends", "two", "two works")
		p.signal(syscall.SIGKILL)
		p.wait()
		if !w.init { // nobody is left that could end it
			return
		}
		p.silence()
	})
}

// before is a script that starts something of its own, and becomes squire.
const before = `(trap "echo TERM >&3; exit" TERM; : >before; while [ ! -e end ]; do sleep .01; done; echo survived >&3) & until [ -e before ]; do sleep .01; done; exec "$@"`

// That is not the command's; what the command leaves is, in our own process group, too.
func TestParentLeavesWhatWasThereBefore(t *testing.T) {
	restart := func(flags ...string) wrapper {
		return squire(append(flags, "--restart=on-failure", "--max-restarts=1/1m")...)
	}
	leaves := func(t *testing.T, w wrapper, setup func(*exec.Cmd), session string) {
		p := w.start(t, setup, "sh", "-c", `if [ -e ran ]; then : >end; echo second >&3; read x <fifo; exit 0; fi; : >ran; mkfifo fifo; `+session+` sh -c '`+worker+`' &`+untilWorker)
		p.expect("worker", "worker ends")
		got := map[string]bool{p.next(): true, p.next(): true}
		if !got["second"] || !got["survived"] {
			t.Errorf("said %v", got)
		}
		if err := os.WriteFile(filepath.Join(p.dir, "fifo"), nil, 0); err != nil {
			t.Fatal(err)
		}
		p.ends(0)
		p.silence()
	}
	each(t, both(restart().before("sh", "-c", before, "sh")), func(t *testing.T, w wrapper) { leaves(t, w, nil, "setsid") })
	for _, reach := range []string{"true", "descendants"} {
		t.Run("setpgid denied "+reach, func(t *testing.T) {
			w := restart("--kill-group="+reach).before(self(t), "child:denied", "setpgid=EPERM", "--")
			leaves(t, w.before("sh", "-c", before, "sh"), nil, "")
		})
	}
	t.Run("terminal shared", func(t *testing.T) {
		master, terminal, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer master.Close()
		defer terminal.Close()
		w := restart().before("sh", "-c", before, "sh").before("sh", "-c", `"$@"; exit $?`, "sh")
		leaves(t, w, func(cmd *exec.Cmd) { cmd.Stdin, cmd.SysProcAttr.Setctty = terminal, true }, "")
	})
}

// What a hook has started is not the command's either.
func TestParentLeavesWhatAHookHasStarted(t *testing.T) {
	w := squire("--watch", "--debounce=0", "-f", "env", "--on-change", "exec:./hook", "--restart=on-failure", "--max-restarts=1/1m")
	p := w.start(t, func(cmd *exec.Cmd) {
		put(t, filepath.Join(cmd.Dir, "env"), "K=one")
		put(t, filepath.Join(cmd.Dir, "hook"), "#!/bin/sh\n(trap 'echo TERM >&3; exit' TERM; echo hook >&3; : >hooked; while [ ! -e end ]; do sleep .01; done; echo survived >&3) &\n")
		if err := os.Chmod(filepath.Join(cmd.Dir, "hook"), 0o755); err != nil {
			t.Fatal(err)
		}
	}, "sh", "-c", `echo $K >&3; if [ -e ran ]; then : >end; exec sleep 1000; fi; : >ran; until [ -e hooked ]; do sleep .01; done; exit 9`)
	p.expect("one")
	put(t, filepath.Join(p.dir, "env"), "K=two")
	p.expect("hook", "two", "survived")
	p.signal(syscall.SIGTERM)
	p.ends(143)
	p.silence()
}

// At the end what has left the group lives on, unless it is asked for.
func TestParentEndsDescendantsAtTheEnd(t *testing.T) {
	each(t, both(squire("--kill-group=descendants")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", `setsid sh -c '`+worker+`' & until [ -e worker ]; do sleep .01; done; exit 5`)
		p.expect("worker", "worker ends")
		p.ends(5)
		p.silence()
	})
	each(t, both(squire("--kill-group=descendants", "--kill-timeout=100ms")), func(t *testing.T, w wrapper) {
		p := w.start(t, nil, "sh", "-c", `setsid sh -c '`+deaf+`' & echo ready >&3; wait; wait`)
		p.expect("ready")
		p.signal(syscall.SIGTERM)
		p.ends(143)
		p.silence()
	})
	p := squire().start(t, nil, "sh", "-c", `setsid sh -c '`+worker+`' & until [ -e worker ]; do sleep .01; done; echo $! >&3; exit 5`)
	p.expect("worker")
	pid := p.next()
	p.ends(5)
	if out, err := exec.Command("kill", "-TERM", pid).CombinedOutput(); err != nil {
		t.Errorf("it is gone: %s", out)
	}
	p.expect("worker ends")
	p.silence()
}

// Asked again, it kills what still holds up the end. A request that is the first
// one shortens nobody's time.
func TestParentKillsDescendantsWhenAskedAgain(t *testing.T) {
	descendants := watching("--kill-group=descendants", "--kill-timeout=0")
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		each(t, both(descendants), func(t *testing.T, w wrapper) {
			p := w.watch(t, t.TempDir(), nil, "sh", "-c", `setsid sh -c '`+deaf+`' & until [ -e worker ]; do sleep .01; done; echo ready >&3; exec sleep 1000`)
			p.expect("ready")
			p.signal(sig)
			p.said(fmt.Sprint("sh ended with ", 128+int(sig)))
			p.signal(sig)
			p.ends(128 + int(sig))
			p.silence()
			p.said("killed")
		})
		each(t, both(descendants), func(t *testing.T, w wrapper) {
			p := w.watch(t, t.TempDir(), nil, "sh", "-c", `setsid sh -c 'trap "echo asked >&3" TERM; : >worker; until [ -e end ]; do sleep .01; done; echo alive >&3; exec sleep 1000' & until [ -e worker ]; do sleep .01; done; exit 5`)
			p.expect("asked")
			p.signal(sig)
			p.said("a second request kills it")
			p.put("end", "")
			p.expect("alive")
			p.signal(sig)
			p.ends(5)
			p.silence()
		})
	}
	s := newShell(t)
	s.enter(`squire run --supervise --kill-group=descendants --log-level info -- sh -c 'setsid sh -c "trap \"\" TERM; sleep 1000" & echo re""ady; exec sleep 1000'; echo it ended with $?.`).expect("ready")
	s.keys(ctrlC).expect("ending what sh has left")
	s.keys(ctrlC).expect("it ended with 130.")
}

// What comes below PID 1 from outside, as by docker exec, cannot be told from
// what the command has left. It is said who is ended.
func TestParentSaysWhomItEnds(t *testing.T) {
	each(t, both(watching("--restart=on-failure", "--max-restarts=1/1m")), func(t *testing.T, w wrapper) {
		p := w.watch(t, t.TempDir(), nil, once(`setsid sh -c '`+strings.Replace(worker, "echo worker >", "echo $$ >", 1)+`' &`+untilWorker)...)
		pid := p.next()
		p.said("squire: info: ending what sh has left: [-" + pid + "]\n")
		p.expect("worker ends", "second")
		p.ends(7)
		p.silence()
	})
	needRoot(t) // for nsenter(1)
	each(t, []wrapper{watching("--restart=on-failure", "--max-restarts=1/1m").asInit()}, func(t *testing.T, w wrapper) {
		p := w.watch(t, t.TempDir(), nil, once(`mkfifo fifo; echo first >&3; read x <fifo; exit 9`)...)
		p.expect("first")
		enter := exec.Command("nsenter", "--pid", "--target", strconv.Itoa(p.cmd.Process.Pid), "sh", "-c", `setsid sh -c 'trap "exit" TERM; echo $$; exec >&-; echo >fifo; while :; do sleep 1000 & wait; done' &`)
		enter.Dir = p.folder
		pid, err := enter.Output()
		if err != nil {
			t.Fatal(err)
		}
		p.said("squire: info: ending what sh has left: [-" + strings.TrimSpace(string(pid)) + "]\n")
		p.expect("second")
		p.ends(7)
		p.silence()
	})
}
