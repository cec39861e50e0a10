package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// probes asks both probes.
func (p *watched) probes(ready int, phase string) {
	p.Helper()
	if code, body := p.ask("/livez"); code != 200 || body != "ok\n" {
		p.Errorf("/livez: %d %q", code, body)
	}
	if code, body := p.ask("/readyz"); code != ready || body != phase+"\n" {
		p.Errorf("/readyz: %d %q, want %d %q", code, body, ready, phase)
	}
}

func TestStatusThroughThePhases(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, ".env"), "V=1\n")
	// It ends when somebody says so at the FIFO, and otherwise does not.
	if err := syscall.Mkfifo(filepath.Join(folder, "say"), 0o600); err != nil {
		t.Fatal(err)
	}
	const script = `trap 'echo "asked to end" >&3; read code <say; exit $code' TERM; echo "started $V" >&3; read code <say; exit $code`
	p := watching("-f", ".env", "--restart", "on-failure", "--status-listen", "unix:socket", "--kill-timeout", "0").watch(t, folder, nil, "sh", "-c", script)
	end := func(code string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "say"), []byte(code+"\n"), 0); err != nil {
			t.Fatal(err)
		}
	}
	p.expect("started 1")
	p.said("squire: info: started ")
	p.probes(200, "ok")
	if info, err := os.Stat(filepath.Join(folder, "socket")); err != nil || info.Mode().Perm() != 0o600 || info.Mode().Type() != fs.ModeSocket {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	p.put(".env", "V=2\n")
	p.expect("asked to end")
	p.probes(503, "stopping")
	if s := p.state(); s.Child.PID == 0 || s.Refreshes.Changes != 1 {
		t.Errorf("%+v", s)
	}
	end("0")
	p.restarts("started 2")
	p.probes(200, "ok")
	end("9")
	p.said("ended with 9; it starts again in ")
	p.probes(503, "waiting")
	if s := p.state(); s.Child.PID != 0 || s.Child.LastCode != 9 || s.Child.Failures != 1 {
		t.Errorf("%+v", s)
	}
	p.put(".env", "V=3\n") // a change is what it may need: it starts at once
	p.restarts("started 3")
	p.probes(200, "ok")
	p.signal(syscall.SIGTERM)
	p.expect("asked to end")
	p.probes(503, "stopping")
	end("4")
	p.ends(4)
	p.silence()
	if _, err := os.Lstat(filepath.Join(folder, "socket")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

func TestStatusDocument(t *testing.T) {
	t.Parallel()
	h := &house{t: t, folder: t.TempDir()}
	h.call("secret", "create", "web", "V=hunter2")
	put(t, filepath.Join(h.folder, ".env"), "F=hunter2\n")
	p := watching("-s", "web:V", "-f", ".env", "-e", "L=hunter2", "-e", "HOME", "--status-listen", "unix:socket").watch(t, h.folder, nil, says("it")...)
	p.expect("started it")
	p.said("squire: info: started ")
	for p.state().Refreshes.Succeeded == 0 { // the first look is under way: no line says that it has ended
	}
	_, body := p.ask("/status")
	const at = `"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"`
	source := func(label string, version string) string {
		return `\{"source":"` + regexp.QuoteMeta(label) + `","version":` + version + `,"fetched_at":` + at + `,"stale_since":null,"last_error":""\}`
	}
	want := `^\{"child":\{"phase":"running","pid":\d+,"started_at":` + at + `,"restarts":0,"failures":0,"last_code":-1\},"secrets":\[` +
		strings.Join([]string{source("main/web", "1"), source(".env", "0"), source("--env (number 1)", "0"), source("local environment", "0")}, ",") +
		`\],"refreshes":\{"succeeded":\d+,"failed":0,"changes":0,"last_success":` + at + `,"last_failure":null,"last_change":null,"watch_error":"","watching":"events","blind_files":\[\]\}\}\n$`
	if !regexp.MustCompile(want).MatchString(body) {
		t.Errorf("/status is\n%s\nwant\n%s", body, want)
	}
	_, metrics := p.ask("/metrics")
	for _, line := range []string{"squire_child_up 1\n", "squire_child_restarts_total 0\n", `squire_secret_version{source="main/web"} 1` + "\n", `squire_secret_stale_seconds{source=".env"} 0` + "\n"} {
		if !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %q:\n%s", line, metrics)
		}
	}
	if strings.Contains(body+metrics+p.read("stderr"), "hunter2") {
		t.Error("a value is shown")
	}
	p.end()
}

// An address that cannot be had is an error before anything starts.
func TestStatusAddressIsTaken(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := watching("--status-listen", taken.Addr().String()).watch(t, folder, nil, says("it")...)
	p.said("squire: error: --status-listen: the status cannot be shown: listen tcp " + taken.Addr().String() + ": bind: address already in use")
	p.ends(125)
	p.silence()

	first := watching("--status-listen", "unix:socket").watch(t, folder, nil, says("first")...)
	first.expect("started first")
	second := watching("--status-listen", filepath.Join(folder, "socket")).watch(t, folder, nil, says("second")...)
	second.said("socket: it is in use")
	second.ends(125)
	second.silence()
	first.said("squire: info: started ")
	first.probes(200, "ok")
	// Who is killed leaves his socket; it is in nobody's way.
	first.signal(syscall.SIGKILL)
	first.ends(-int(syscall.SIGKILL))
	first.silence() // the command goes with it
	third := watching("--status-listen", "unix:socket").watch(t, folder, nil, says("third")...)
	third.expect("started third")
	third.said("squire: info: started ")
	third.probes(200, "ok")
	third.end()
	// One that never started a command leaves none.
	none := exec.Command(squireBinary, "run", "--status-listen", "unix:"+filepath.Join(folder, "socket"), "--", filepath.Join(folder, "nowhere"))
	if err := none.Run(); err == nil || none.ProcessState.ExitCode() != 127 {
		t.Errorf("%v", err)
	}
	if _, err := os.Lstat(filepath.Join(folder, "socket")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}
