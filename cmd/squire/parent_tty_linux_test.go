package main

import (
	"fmt"
	"strings"
	"testing"
)

// reads is a command that wants a key, wherever its standard input is.
const reads = `sh -c 'cat; echo re""ady; read k </dev/tty; echo "got $k."'`

// The controlling terminal is the command's to read whatever 0, 1 and 2 are.
func TestParentLendsTheControllingTerminal(t *testing.T) {
	for name, line := range map[string]string{
		"pipe":        "seq 5 | squire run --supervise -- " + reads,
		"mask":        "seq 5 | squire run --mask -e K=abcdefgh -- " + reads,
		"watch":       "seq 5 | squire run --watch -- " + reads,
		"squire.yaml": "echo 'watch: true' >squire.yaml; seq 5 | squire run -- " + reads,
		"/dev/null":   "squire run --supervise -- " + reads + " </dev/null",
		"masked":      "squire run --mask -e K=abcdefgh -- " + reads + " </dev/null",
		"closed":      "squire run --supervise -- " + reads + " <&-",
		"here":        "squire run --supervise -- " + reads + " <<<5",
		"output":      "squire run --supervise -- " + reads + " </dev/null 2>file | cat",
		"all":         `seq 5 | squire run --supervise -- sh -c 'echo re""ady >/dev/tty; read k </dev/tty; echo "got $k." >/dev/tty' 2>&1 | cat`,
		"kill group":  "seq 5 | squire run --kill-group --supervise -- " + reads,
		"script":      `sh -c "squire run --supervise -- sh -c 'echo ready; read k; echo got \$k.'; exit 0"`,
		"nested":      "squire run --supervise -- squire run --supervise -- " + reads + " </dev/null",
		"nested pipe": "seq 5 | squire run --supervise -- squire run --mask -e K=abcdefgh -- " + reads,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			s.enter(line).expect("ready")
			s.enter("a key").expect("got a key.")
			s.code("0")
		})
	}
}

// Without a controlling terminal there is none to lend.
func TestParentWithoutAControllingTerminal(t *testing.T) {
	s := newShell(t)
	s.enter(`setsid -w squire run --supervise -- sh -c 'read k </dev/tty || echo no""ne' </dev/null`).expect("none")
	s.code("0")
}

// What stands beside squire in its process group has the terminal, too: less
// behind it, or the script that it is in.
func TestParentLeavesTheTerminalToOthers(t *testing.T) {
	for name, line := range map[string]string{
		"less":   `squire run --supervise -- sh -c 'echo line; exec sleep 1000' | sh -c 'read l; echo re""ady; read k </dev/tty; echo "got $k."'`,
		"mask":   `squire run --mask -e K=abcdefgh -- sh -c 'echo line; exec sleep 1000' | sh -c 'read l; echo re""ady; read k </dev/tty; echo "got $k."'`,
		"script": `sh -c 'squire run --supervise -- sh -c "echo ready; exec sleep 1000" & read k; echo "got $k."; kill $!; wait $!'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			s.enter(line).expect("ready")
			s.enter("a key").expect("got a key.")
		})
	}
}

// In a pipeline the terminal sends Ctrl-C to the command itself; what somebody
// sends to squire is forwarded.
func TestParentInAPipelineGetsCtrlCOnce(t *testing.T) {
	s := newShell(t)
	put(t, s.dir+"/child", `n=0; trap 'n=$((n+1)); echo "int $n."' INT; echo ready
until [ -e end ]; do sleep 0.01; done; echo "all $n."; exit 7`)
	s.enter("seq 1 | squire run --supervise -- bash child").expect("ready")
	s.keys(ctrlC).expect("int 1.")
	put(t, s.dir+"/end", "")
	s.expect("all 1.")
	s.code("7")
	s.enter(`seq 1 | squire run --supervise -- bash -c 'trap "echo int.; c=1" INT; until [ "$c" ]; do kill -INT $PPID; sleep 0.1; done; exit 8'`).expect("int.")
	s.code("8")

	s.enter("sh -c 'squire run --restart always -- sh -c \"echo ready; exec sleep 1000\"; echo next'").expect("ready")
	s.keys(ctrlC)
	s.code("130") // the script, too, and bash sees that
}

func TestParentInAPipelineStopsAndGoesOn(t *testing.T) {
	for _, flags := range []string{"--supervise", "--mask -e K=abcdefgh"} {
		s := newShell(t)
		s.enter("seq 5 | squire run " + flags + ` -- sh -c 'cat; echo re""ady; while read k; do echo "got $k."; done </dev/tty'`).expect("ready")
		for range 3 {
			s.keys(ctrlZ).expect("Stopped")
			s.enter("fg")
			s.enter("a key").expect("got a key.")
		}
		s.keys(ctrlZ).expect("Stopped")
		s.enter("bg").expect("&") // it reads, so it stops at once
		s.enter("until jobs | grep -q Stopped; do :; done; echo stopped agai''n").expect("stopped again")
		s.enter("fg")
		s.enter("more").expect("got more.")
		s.keys(ctrlD)
		s.code("0")
	}
}

// A shell says nothing to a running job that it puts in its foreground.
func TestParentIsPutInTheForeground(t *testing.T) {
	s := newShell(t)
	s.enter(`mkfifo fifo; squire run --supervise -- sh -c 'read x <fifo; echo "$x"; read k; echo "got $k."; read k; echo "and $k."' &`)
	s.enter("(echo rea''dy >fifo) & fg %1").expect("ready")
	s.enter("a key").expect("got a key.")
	s.keys(ctrlZ).expect("Stopped")
	s.enter("fg %1").expect("squire run")
	s.enter("more").expect("and more.")
	s.code("0")
}

// A TSTP that somebody sends is the command's; if it stops, squire does.
func TestParentForwardsAStop(t *testing.T) {
	s := newShell(t)
	put(t, s.dir+"/child", `until grep -q "^SigCgt:.*[89a-f]....$" /proc/$PPID/status; do sleep 0.01; done # squire catches TSTP
trap "echo caught.; c=1" TSTP; kill -TSTP $PPID; until [ "$c" ]; do sleep 0.01; done
trap - TSTP; kill -TSTP $PPID; read x <fifo; read k; echo "got $k."`)
	s.enter("mkfifo fifo; squire run --supervise -- bash child &")
	s.expect("caught.")
	s.enter("until jobs | grep -q Stopped; do :; done; echo it has stoppe''d").expect("it has stopped")
	s.enter("(echo >fifo) & fg %1").expect("squire run")
	s.enter("a key").expect("got a key.")
	s.code("0")
}

// No message of ours may stop us, in the foreground or in the background.
func TestMessagesDoNotStopUs(t *testing.T) {
	s := newShell(t)
	s.enter("stty tostop")
	s.enter("squire run --restart on-failure --log-level info -- sh -c 'echo re\"\"ady; read k; exit 3'").expect("ready")
	s.enter("a key").expect("starts again in")
	s.expect("ready") // and "started …" was said meanwhile
	s.keys(ctrlC).expect("ended with 130")
	s.code("130")
	s.enter("squire run --supervise --log-level debug -- sh -c 'exit 4' & wait $!")
	s.code("4")
	s.enter("squire run --supervise -- no-such-command & wait $!")
	s.code("127")
	s.enter("squire run -- no-such-command & wait $!")
	s.code("127")
	s.enter("squire run -s x#=y -- true & wait $!")
	s.code("125")
	s.enter("sh -c 'squire run --supervise --log-level info -- sh -c \"exit 5\" & wait $!'")
	s.code("5")
	s.enter(`squire run --supervise --log-level info -- sh -c 'grep -E "Sig(Blk|Ign)" /proc/self/status; echo e""nd'`)
	for line := range strings.Lines(s.expect("end")) {
		var name string
		var set uint64
		if n, _ := fmt.Sscanf(line, "%s %x", &name, &set); n == 2 && set&(1<<21) != 0 {
			t.Errorf("the command has TTOU in %s", line)
		}
	}
	s.code("0")
}

// The terminal is as it was for the next start, and after a death by signal.
func TestTheTerminalIsRestored(t *testing.T) {
	const dies = `stty raw -echo </dev/tty; kill -9 $$`
	for name, line := range map[string]string{
		"death":          `squire run --supervise -- sh -c '` + dies + `'`,
		"standard input": `squire run --supervise -- sh -c '` + dies + `' </dev/null`,
		"pipe":           `echo | squire run --supervise -- sh -c '` + dies + `'`,
		"mask":           `squire run --mask -e K=abcdefgh -- sh -c '` + dies + `'`,
		"masked":         `squire run --mask -e K=abcdefgh -- sh -c '` + dies + `' </dev/null`,
		"timeout":        `squire run --supervise --kill-timeout 100ms -- sh -c 'stty raw; trap "" TERM; kill $PPID; while :; do sleep 1000; done'`,
		"TERM":           `squire run --supervise -- sh -c 'stty raw; kill $PPID; exec sleep 1000'`,
		"restart":        `squire run --restart on-failure -- sh -c '[ -e n ] && exit; touch n; stty raw; exit 1'`,
		"next":           `squire run --restart on-failure -- sh -c '[ -e n ] && stty -a >seen && kill -9 $PPID; touch n; stty raw; exit 1'; grep -qw -- -icanon seen && echo it was raw`,
		"not ours":       `T=$(tty); setsid -w squire run --supervise -- sh -c 'stty raw; kill -9 $$' <$T >$T`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShell(t)
			// Not the shell itself, which would restore the terminal.
			put(t, s.dir+"/script", line+"\nstty -a | grep -qw -- -icanon && echo it is raw; echo fin''ished\n")
			if seen := s.enter("sh script").expect("finished"); strings.Contains(seen, "raw\n") || strings.Contains(seen, "raw\r") {
				t.Errorf("%q", seen)
			}
		})
	}
	s := newShell(t)
	s.enter("sh -c 'squire run --supervise -- stty -icrnl; stty -a | grep -ow -- -icrnl; stty icrnl; echo e\"\"nd'")
	if seen := s.expect("end"); !strings.Contains(seen, "-icrnl") {
		t.Errorf("a command that only sets it: %q", seen)
	}
}
