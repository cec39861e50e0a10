package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What was changed while the server could not be reached is found when it can.
func TestWatchAServerThatWasAway(t *testing.T) {
	t.Parallel()
	h := newServed(t)
	h.call("secret", "create", "web", "V=1")
	put(t, filepath.Join(h.folder, ".env"), "F=1\n")
	p := watching("--poll-interval", "0", "--timeout", "1s", "--status-listen", "unix:socket", "-s", "web", "-f", ".env").watch(t, h.folder, h.environ, says("$V $F")...)
	p.expect("started 1 1")
	h.call("secret", "update", "web", "V=2")
	p.restarts("started 2 1")
	h.stop()
	p.put(".env", "F=2\n") // a change, and the whole list cannot be had
	p.said("squire: warning: ")
	p.said("the environment stays as it is")
	if s := p.state(); s.Child.Restarts != 1 || s.Secrets[0].StaleSince == nil || s.Secrets[0].LastError == "" || s.Secrets[1].StaleSince != nil {
		t.Errorf("%+v", s)
	}
	elsewhere := h.listen("127.0.0.1:0")
	h.callAs([]string{"SQUIRE_SERVER=" + elsewhere.URL}, "secret", "update", "web", "V=3")
	h.start()
	p.restarts("started 3 2")
	h.call("secret", "update", "web", "V=4") // and the watch goes on
	p.restarts("started 4 2")
	p.end()
}

// A token that is revoked ends the refreshes, not the command. A new one in its
// file is enough.
func TestWatchWithARevokedToken(t *testing.T) {
	t.Parallel()
	h := newServed(t)
	h.call("secret", "create", "web", "V=1")
	file := filepath.Join(h.folder, "token")
	token := func() (id string) {
		put(t, file, strings.TrimSpace(h.call("token", "create", "web", "--names", "web"))+"\n")
		for line := range strings.Lines(h.call("token", "list")) {
			if f := strings.Fields(line); len(f) > 1 && f[1] == "web" {
				id = f[0]
			}
		}
		return id
	}
	id := token()
	environ := []string{h.environ[0], "SQUIRE_TOKEN="}
	p := watching("--poll-interval", "1s", "--status-listen", "unix:socket", "--token-file", "token", "-s", "web").watch(t, h.folder, environ, says("$V")...)
	p.expect("started 1")
	h.call("secret", "update", "web", "V=2")
	p.restarts("started 2")
	h.call("token", "revoke", id)
	h.call("secret", "update", "web", "V=3")
	p.said("squire: warning: ")
	p.said("the environment stays as it is")
	if s := p.state(); s.Child.Restarts != 1 || s.Child.Phase != "running" || s.Secrets[0].StaleSince == nil || s.Secrets[0].LastError == "" {
		t.Errorf("%+v", s)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	token()
	p.restarts("started 3")
	p.end()
}
