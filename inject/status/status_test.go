package status

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/squire-env/squire/inject/refresh"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/filewatch"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var at = time.Date(2026, 11, 24, 12, 0, 0, 5000, time.FixedZone("", 3600))

func sample() Snapshot {
	return Snapshot{
		Child: &Child{Phase: Running, PID: 7, StartedAt: at, Restarts: 2, Failures: 1, LastCode: 143},
		Sources: refresh.State{
			Sources: []refresh.SourceState{
				{Label: "main/db", Remote: true, Version: 3, FetchedAt: at},
				{Label: "/a \"b\"\\\n.env", FetchedAt: at, StaleSince: at.Add(time.Second), LastError: "no such file"},
				{Label: "main/db", Remote: true, Version: 3, FetchedAt: at},
			},
			Refreshes: 5, Failures: 1, Changes: 2, LastSuccess: at, WatchError: "no server",
			Watching: true, Blind: []filewatch.Blind{{Path: "/a", Reason: "NFS"}}, Looked: time.Second,
		},
	}
}

// serve serves on a listener, and gives a client of it.
func serve(t *testing.T, l net.Listener, cfg Config) *http.Client {
	t.Helper()
	if cfg.Snapshot == nil {
		cfg.Snapshot = sample
	}
	if cfg.Alive == nil {
		cfg.Alive = func(time.Duration) bool { return true }
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, cfg) }()
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial(l.Addr().Network(), l.Addr().String())
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := Listen(address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func do(t *testing.T, c *http.Client, method, host, path string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestAnswers(t *testing.T) {
	c := serve(t, listen(t, "127.0.0.1:0"), Config{})
	for _, tt := range []struct {
		method, host, path string
		code               int
		body               string // "": anything
	}{
		{"GET", "127.0.0.1:9187", "/livez", 200, "ok\n"},
		{"GET", "[::1]:9187", "/readyz", 200, "ok\n"},
		{"GET", "LocalHost", "/status", 200, ""},
		{"GET", "localhost:1", "/metrics?x=1", 200, ""},
		{"POST", "localhost", "/livez", 405, "it only answers GET and HEAD\n"},
		{"DELETE", "localhost", "/status", 405, ""},
		{"GET", "localhost", "/", 404, ""},
		{"GET", "localhost", "/livez/", 404, ""},
		{"GET", "localhost", "/debug/pprof/", 404, ""},
		{"GET", "rebound.example", "/status", 421, "ask by localhost or by an IP address\n"},
		{"GET", "localhost.example:9187", "/livez", 421, ""},
	} {
		r, body := do(t, c, tt.method, tt.host, tt.path)
		if r.StatusCode != tt.code || tt.body != "" && body != tt.body {
			t.Errorf("%s %s%s: %d %q", tt.method, tt.host, tt.path, r.StatusCode, body)
		}
		if r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Cache-Control") != "no-store" || !r.Close {
			t.Errorf("%s %s%s: headers %v, close %t", tt.method, tt.host, tt.path, r.Header, r.Close)
		}
		if allow := r.Header.Get("Allow"); (allow == "GET, HEAD") != (tt.code == 405) {
			t.Errorf("%s %s%s: Allow %q", tt.method, tt.host, tt.path, allow)
		}
	}
	for _, path := range []string{"/livez", "/readyz", "/status"} {
		get, body := do(t, c, "GET", "localhost", path)
		head, none := do(t, c, "HEAD", "localhost", path)
		if head.StatusCode != 200 || none != "" || head.ContentLength != int64(len(body)) || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: %v with %q", path, head, none)
		}
	}
}

func TestProbes(t *testing.T) {
	phase, alive := "starting", false
	c := serve(t, listen(t, "127.0.0.1:0"), Config{
		Snapshot: func() Snapshot { return Snapshot{Child: &Child{Phase: phase}} },
		Alive:    func(d time.Duration) bool { return alive && d > 0 && d < time.Second },
	})
	want := func(path string, code int, word string) {
		t.Helper()
		if r, body := do(t, c, "GET", "localhost", path); r.StatusCode != code || body != word+"\n" {
			t.Errorf("%s: %d %q, want %d %q", path, r.StatusCode, body, code, word)
		}
	}
	want("/livez", 503, "stuck")
	alive = true
	want("/livez", 200, "ok")
	for _, phase = range []string{"starting", "stopping", "waiting", "ended"} {
		want("/readyz", 503, phase)
	}
	phase = Running
	want("/readyz", 200, "ok")
}

func TestDocument(t *testing.T) {
	const want = `{"child":{"phase":"running","pid":7,"started_at":"2026-11-24T11:00:00.000005000Z","restarts":2,"failures":1,"last_code":143},` +
		`"secrets":[{"source":"main/db","version":3,"fetched_at":"2026-11-24T11:00:00.000005000Z","stale_since":null,"last_error":""},` +
		`{"source":"/a \"b\"\\\n.env","version":0,"fetched_at":"2026-11-24T11:00:00.000005000Z","stale_since":"2026-11-24T11:00:01.000005000Z","last_error":"no such file"},` +
		`{"source":"main/db","version":3,"fetched_at":"2026-11-24T11:00:00.000005000Z","stale_since":null,"last_error":""}],` +
		`"refreshes":{"succeeded":5,"failed":1,"changes":2,"last_success":"2026-11-24T11:00:00.000005000Z","last_failure":null,"last_change":null,"watch_error":"no server","watching":"polling","blind_files":[{"file":"/a","reason":"NFS"}]}}` + "\n"
	if d := cmp.Diff(want, string(document(sample()))); d != "" {
		t.Error(d)
	}
	var empty struct{ Secrets []any }
	if err := json.Unmarshal(document(Snapshot{}), &empty); err != nil || empty.Secrets == nil {
		t.Errorf("an empty list: %v, %v", empty, err)
	}
}

func TestWatching(t *testing.T) {
	some := []filewatch.Blind{{Path: "a", Reason: "b"}}
	for want, s := range map[string]refresh.State{
		"off": {}, "events": {Watching: true}, "polling": {Watching: true, Blind: some, Looked: 1}, "blind": {Watching: true, Blind: some},
	} {
		if got := watching(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestMetrics(t *testing.T) {
	var got []string
	for line := range strings.Lines(string(metrics(sample(), at.Add(3*time.Second)))) {
		if !strings.HasPrefix(line, "#") {
			got = append(got, strings.TrimSuffix(line, "\n"))
		}
	}
	want := []string{
		"squire_child_up 1",
		"squire_child_restarts_total 2",
		"squire_child_start_time_seconds 1795518000.000005",
		`squire_refreshes_total{result="success"} 5`,
		`squire_refreshes_total{result="failure"} 1`,
		"squire_changes_total 2",
		"squire_blind_files 1",
		`squire_secret_version{source="main/db"} 3`,
		`squire_secret_stale_seconds{source="main/db"} 0`,
		`squire_secret_stale_seconds{source="/a \"b\"\\\n.env"} 2`,
		`squire_secret_fetch_time_seconds{source="main/db"} 1795518000.000005`,
		`squire_secret_fetch_time_seconds{source="/a \"b\"\\\n.env"} 1795518000.000005`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if zero := string(metrics(Snapshot{Child: &Child{}}, at)); !strings.Contains(zero, "squire_child_up 0\n") || strings.Contains(zero, "start_time_seconds ") {
		t.Errorf("before the first start:\n%s", zero)
	}
}

func TestSocket(t *testing.T) {
	for _, prefix := range []string{"", "unix:"} {
		path := filepath.Join(t.TempDir(), "s")
		l := listen(t, prefix+path)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if _, err := Listen(prefix + path); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("a socket in use: %v", err)
		}
		c := serve(t, l, Config{})
		if r, _ := do(t, c, "GET", "any.example", "/livez"); r.StatusCode != 200 {
			t.Errorf("by a socket the name does not count: %d", r.StatusCode)
		}
	}
	path := filepath.Join(t.TempDir(), "stale")
	left := listen(t, path)
	left.(*net.UnixListener).SetUnlinkOnClose(false) // as when it was killed
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	if err := listen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(path); err == nil {
		t.Error("a file was taken for a socket")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "mine" {
		t.Errorf("the file: %q, %v", b, err)
	}
}

func TestAddresses(t *testing.T) {
	taken := listen(t, "127.0.0.1:0")
	defer taken.Close()
	if _, err := Listen(taken.Addr().String()); err == nil {
		t.Error("an address was taken twice")
	}
	for _, address := range []string{"", "8080", "unix:", "localhost", "./s"} {
		if l, err := Listen(address); err == nil {
			l.Close()
			t.Errorf("%q is an address", address)
		} else if resolve.Hint(err) == "" {
			t.Errorf("%q: no hint: %s", address, err)
		}
	}
}

// TestWithoutACommand is of a process that keeps files, and starts nothing.
func TestWithoutACommand(t *testing.T) {
	c := serve(t, listen(t, "127.0.0.1:0"), Config{Snapshot: func() Snapshot { return Snapshot{} }})
	if r, body := do(t, c, "GET", "localhost", "/readyz"); r.StatusCode != 200 {
		t.Errorf("/readyz: %d %q", r.StatusCode, body)
	}
	if _, body := do(t, c, "GET", "localhost", "/status"); !strings.Contains(body, `"child":null`) {
		t.Errorf("/status: %s", body)
	}
	if _, body := do(t, c, "GET", "localhost", "/metrics"); strings.Contains(body, "squire_child_") || !strings.Contains(body, "squire_refreshes_total") {
		t.Errorf("/metrics: %s", body)
	}
}

// TestStrangers sends what is no request, and too much, and holds more
// connections than are served: others are served after them.
func TestStrangers(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	c := serve(t, l, Config{})
	send := func(text string) net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, text)
		return conn
	}
	for _, text := range []string{"\x16\x03\x01\x00\x00\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 1<<16) + "\r\n\r\n"} {
		conn := send(text)
		_ = conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil && !strings.HasPrefix(line, "HTTP/1.1 400 ") {
			t.Errorf("%.20q…: %q", text, line)
		}
		_ = conn.Close()
	}
	held := make([]net.Conn, 3*maxConnections)
	for i := range held {
		held[i] = send("GET /livez HTTP/1.1\r\n")
		defer held[i].Close()
	}
	if r, _ := do(t, c, "GET", "localhost", "/livez"); r.StatusCode != 200 {
		t.Errorf("beside them: %d", r.StatusCode)
	}
	_ = held[0].SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := held[0].Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the first is not closed: %v", err)
	}
}

// TestEnd ends Serve while somebody is connected.
func TestEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l := listen(t, path)
	asked, release := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() {
		ended <- Serve(ctx, l, Config{Snapshot: sample, Alive: func(time.Duration) bool { close(asked); <-release; return true }})
	}()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
	<-asked
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	close(release)
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}
