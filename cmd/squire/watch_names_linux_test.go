package main

import (
	"context"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
)

// house is where named secrets are: in an embedded store of a folder, or at a
// server.
type house struct {
	t       *testing.T
	folder  string
	environ []string
	service *service.Service // nil: embedded
	address string
	server  *httptest.Server // at address; nil: none answers there now
}

// inHouses runs a test against both.
func inHouses(t *testing.T, test func(*testing.T, *house)) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, &house{t: t, folder: t.TempDir()})
	})
	t.Run("served", func(t *testing.T) {
		t.Parallel()
		test(t, newServed(t))
	})
}

func newServed(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, folder: t.TempDir(), address: ownAddress()}
	var err error
	h.service, err = service.Open(context.Background(), service.Config{DataDir: filepath.Join(h.folder, "served", "data"), MasterKeyFile: filepath.Join(h.folder, "served", "key"), Held: true, Caller: "squired"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.service.Close() })
	token := service.NewToken()
	if _, err := h.service.Bootstrap(context.Background(), func() (string, error) { return token, nil }); err != nil {
		t.Fatal(err)
	}
	h.start()
	h.environ = []string{"SQUIRE_SERVER=" + h.server.URL, "SQUIRE_TOKEN=" + token}
	return h
}

// start has a server answer, at the same address as before.
func (h *house) start() {
	h.t.Helper()
	h.server = h.listen(h.address)
	h.address = h.server.Listener.Addr().String()
}

// stop ends the server and what is being asked of it, though that may wait.
func (h *house) stop() {
	_ = h.server.Listener.Close()
	h.server.CloseClientConnections()
	h.server.Close()
}

func (h *house) listen(address string) *httptest.Server {
	h.t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		h.t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(serve.New(serve.Config{Service: h.service}).Handler())
	_ = s.Listener.Close()
	s.Listener = listener
	s.Start()
	h.t.Cleanup(s.CloseClientConnections)
	h.t.Cleanup(s.Close)
	return s
}

// call is another squire, and what it prints.
func (h *house) call(args ...string) string {
	h.t.Helper()
	return h.callAs(nil, args...)
}

func (h *house) callAs(environ []string, args ...string) string {
	h.t.Helper()
	cmd := exec.Command(squireBinary, args...)
	cmd.Dir, cmd.Env = h.folder, slices.Concat(os.Environ(), inFolder(h.folder), h.environ, environ)
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.t.Fatalf("squire %q: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestWatchNames(t *testing.T) {
	t.Parallel()
	inHouses(t, func(t *testing.T, h *house) {
		h.call("secret", "create", "web", "V=1", "W=a")
		h.call("secret", "create", "other", "V=9")
		p := watching("--poll-interval", "0", "--status-listen", "unix:socket", "-s", "web:V").watch(t, h.folder, h.environ, says("$V $W")...)
		p.expect("started 1 a")
		h.call("secret", "update", "web", "V=2")
		p.restarts("started 2 a")
		h.call("secret", "update", "other", "V=8")
		h.call("secret", "update", "web", "V=2") // another version of the same
		h.call("secret", "update", "web", "W=b")
		p.restarts("started 2 b")
		h.call("secret", "rollback", "web", "1")
		p.restarts("started 1 a")
		s := p.state()
		if one := s.Secrets[0]; one.Source != "main/web" || one.Version < 4 || one.FetchedAt == nil || one.StaleSince != nil || one.LastError != "" {
			t.Errorf("%+v", one)
		}
		if s.Child.Restarts != 3 || s.Child.Phase != "running" || s.Refreshes.WatchError != "" {
			t.Errorf("%+v", s)
		}

		// What it needs goes away, and comes back.
		for _, lost := range []struct{ by, says string }{
			{"secret update web --unset V", "main/web lacks the required key V"},
			{"secret delete web --yes", "main/web not found"},
		} {
			h.call(strings.Fields(lost.by)...)
			p.said("squire: warning: secret " + lost.says)
			p.said("the environment stays as it is; retrying within")
			stale := p.state()
			if one := stale.Secrets[0]; one.StaleSince == nil || one.FetchedAt == nil || !strings.Contains(one.LastError, lost.says) {
				t.Errorf("%+v", one)
			}
			if stale.Child != s.Child || stale.Refreshes.Failed == 0 {
				t.Errorf("%+v", stale)
			}
			if strings.Contains(lost.by, "delete") {
				h.call("secret", "create", "web", "V=3", "W=c")
			} else {
				h.call("secret", "update", "web", "V=1")
			}
			p.said("all sources can be read again")
			if strings.Contains(lost.by, "delete") {
				p.restarts("started 3 c")
			}
			if one := p.state().Secrets[0]; one.StaleSince != nil || one.LastError != "" {
				t.Errorf("%+v", one)
			}
		}
		p.end()
	})
}

// A refresh that brings nothing new leaves no line in the audit trail; nor does
// what others read wake the watch.
func TestWatchLeavesNoTrail(t *testing.T) {
	t.Parallel()
	inHouses(t, func(t *testing.T, h *house) {
		h.call("secret", "create", "web", "V=1")
		put(t, filepath.Join(h.folder, ".env"), "F=1\n")
		p := watching("--poll-interval", "1s", "--status-listen", "unix:socket", "-s", "web", "-f", ".env").watch(t, h.folder, h.environ, says("$V $F")...)
		p.expect("started 1 1")
		trail := func() string { return h.call("audit", "list", "--secret", "web") }
		before := trail()
		for polls := p.state().Refreshes.Succeeded + 2; p.state().Refreshes.Succeeded < polls; {
			p.said(".env: 1 variable")
		}
		if after := trail(); before != after || strings.Count(before, "resolve") != 1 {
			t.Errorf("the trail was\n%s\nand is\n%s", before, after)
		}
		p.end()

		p = watching("--poll-interval", "0", "--status-listen", "unix:socket", "-s", "web", "-f", ".env").watch(t, h.folder, h.environ, says("$V $F")...)
		p.expect("started 1 1")
		h.call("secret", "update", "web", "V=2")
		p.restarts("started 2 1")
		p.put(".env", "F=2\n")
		p.restarts("started 2 2")
		calm := p.state().Refreshes.Succeeded
		for range 5 {
			h.call("secret", "get", "web", "V")
		}
		p.put(".env", "F=3\n")
		p.restarts("started 2 3")
		if n := p.state().Refreshes.Succeeded - calm; n > 2 { // one for the file, and one for what came late
			t.Errorf("%d refreshes where nothing but a file has changed", n)
		}
		p.end()
	})
}
