package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// says is a command that tells, each time that it is started, what of its
// environment a shell's words come to, and stays.
func says(words string) []string {
	return []string{"sh", "-c", `echo "started ` + words + `" >&3; exec sleep 1000`}
}

// watching is squire that follows its sources. It tells all that it does, and
// nothing makes it wait.
func watching(flags ...string) wrapper {
	return wrapper{"squire", slices.Concat([]string{squireBinary, "run", "--watch", "--debounce", "0s", "--log-level", "debug"}, flags), false}
}

// A watched command is one in a folder of the test's, whose standard error can
// be waited for.
type watched struct {
	*running
	log    *transcript
	folder string
}

// watch starts squire in a folder with a command.
func (w wrapper) watch(t *testing.T, folder string, environ []string, argv ...string) *watched {
	t.Helper()
	return w.watchWith(t, folder, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, environ...) }, argv...)
}

func (w wrapper) watchWith(t *testing.T, folder string, setup func(*exec.Cmd), argv ...string) *watched {
	t.Helper()
	r, stderr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w.argv = append(slices.Clone(w.argv), "--")
	p := &watched{folder: folder, log: &transcript{more: make(chan struct{})}}
	p.running = w.start(t, func(cmd *exec.Cmd) {
		cmd.Dir, cmd.Stderr = folder, stderr
		cmd.Env = append(os.Environ(), inFolder(folder)...)
		setup(cmd)
	}, argv...)
	stderr.Close()
	t.Cleanup(func() { r.Close() })
	copied, err := os.OpenFile(filepath.Join(p.dir, "stderr"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer copied.Close()
		_, _ = io.Copy(io.MultiWriter(copied, p.log), r)
	}()
	return p
}

// inFolder are the variables of a store, and of a home, in a folder.
func inFolder(folder string) []string {
	store := filepath.Join(folder, "store")
	return []string{"HOME=" + folder, "XDG_DATA_HOME=", "XDG_CONFIG_HOME=", "SQUIRE_DATA_DIR=" + filepath.Join(store, "data"),
		"SQUIRE_MASTER_KEY_FILE=" + filepath.Join(store, "key"), "GORACE=atexit_sleep_ms=0"} // the last is for the test binary as a command
}

// put writes a file of the folder whole, as an editor does.
func (p *watched) put(name, text string) {
	p.Helper()
	put(p.T, filepath.Join(p.folder, name), text)
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+"~", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

// said waits for a line of standard error that nobody has waited for yet.
func (p *watched) said(part string) {
	p.Helper()
	if !p.log.wait(part) {
		p.Fatalf("it never said %q; standard error: %s", part, p.read("stderr"))
	}
}

// restarts waits for a restart that nobody has waited for yet, and for the line
// that the command says then. What the state says of it is true after that.
func (p *watched) restarts(line string) {
	p.Helper()
	p.expect(line)
	p.said("the environment has changed")
	p.said("squire: info: started ")
}

// end ends it as docker stop does.
func (p *watched) end() {
	p.Helper()
	p.signal(syscall.SIGTERM)
	p.ends(128 + int(syscall.SIGTERM))
	p.silence()
}

// transcript is text that grows.
type transcript struct {
	mu   sync.Mutex
	text string
	seen int
	more chan struct{}
}

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text += string(b)
	close(l.more)
	l.more = make(chan struct{})
	return len(b), nil
}

func (l *transcript) wait(part string) bool {
	for late := time.After(hang); ; {
		l.mu.Lock()
		at, more := strings.Index(l.text[l.seen:], part), l.more
		if at >= 0 {
			l.seen += at + len(part)
		}
		l.mu.Unlock()
		if at >= 0 {
			return true
		}
		select {
		case <-more:
		case <-late:
			return false
		}
	}
}

// stateOf is what /status says, as far as tests ask.
type stateOf struct {
	Child struct {
		Phase              string
		PID                int
		Restarts, Failures int
		LastCode           int `json:"last_code"`
	}
	Secrets []struct {
		Source     string
		Version    int
		FetchedAt  *string `json:"fetched_at"`
		StaleSince *string `json:"stale_since"`
		LastError  string  `json:"last_error"`
	}
	Refreshes struct {
		Succeeded, Failed, Changes int
		WatchError                 string `json:"watch_error"`
		Watching                   string
		BlindFiles                 []struct{ File, Reason string } `json:"blind_files"`
	}
}

// ask asks the status at the folder's "socket".
func (p *watched) ask(path string) (code int, body string) {
	p.Helper()
	client := &http.Client{Timeout: hang, Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(p.folder, "socket"))
	}}}
	answer, err := client.Get("http://localhost" + path)
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func (p *watched) state() (s stateOf) {
	p.Helper()
	code, body := p.ask("/status")
	if err := json.Unmarshal([]byte(body), &s); err != nil || code != http.StatusOK {
		p.Fatalf("/status: %d, %v: %s", code, err, body)
	}
	return s
}
