package serve

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/agefile"
	"github.com/squire-env/squire/resolve/service/internal/seam"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that the test controls.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// house is a real store, served on loopback.
type house struct {
	testing.TB
	*Server
	store *service.Service // with the rights of its owner
	dir   string
	clock *clock
	logs  *observer.ObservedLogs
	url   string
	admin string // an unrestricted admin token
	http  *http.Client
	doc   *document
	step  atomic.Pointer[func()] // called before each step of the store; nil: nothing is
}

// newHouse opens a house. It has the environments main and stage, and the secret
// main/db with two versions.
func newHouse(t testing.TB, change func(*Config)) *house {
	h := &house{TB: t, dir: t.TempDir(), clock: &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}, doc: theDocument(t)}
	var err error
	h.store, err = service.Open(context.Background(), service.Config{
		DataDir: filepath.Join(h.dir, "data"), MasterKeyFile: filepath.Join(h.dir, "conf", "master.key"),
		Caller: "tester", Held: true, Encrypt: agefile.Encrypt, Now: h.clock.now, Test: seam.New(seam.Options{Step: h.onStep}), Warn: func(s string) { t.Errorf("warning: %s", s) },
	})
	h.ok(err)
	t.Cleanup(func() { h.ok(h.store.Close()) })
	core, logs := observer.New(zapcore.DebugLevel)
	h.logs = logs
	c := Config{Service: h.store, Log: zap.New(core), Now: h.clock.now, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	if change != nil {
		change(&c)
	}
	h.Server = New(c)
	web := httptest.NewServer(h.Handler())
	h.url, h.http = web.URL, web.Client()
	h.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		h.end() // the long polls end, so that Close does not wait for them
		web.Close()
	})

	_, err = h.store.CreateEnvironment(context.Background(), "stage")
	h.ok(err)
	h.create("main", "db", "USER", "shop", "PASSWORD", "first")
	h.update("main", "db", "PASSWORD", "second")
	h.admin = h.token(api.Scope{Role: api.RoleAdmin})
	return h
}

func (h *house) onStep(string) error {
	if f := h.step.Load(); f != nil {
		(*f)()
	}
	return nil
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// create and update use the store directly, without the server.
func (h *house) create(environment, name string, pairs ...string) {
	h.Helper()
	d := api.EnvDict{}
	for i := 0; i < len(pairs); i += 2 {
		d[pairs[i]] = resolve.NewValue(pairs[i+1])
	}
	_, err := h.store.CreateSecret(context.Background(), api.CreateSecretRequest{Environment: environment, Name: name, EnvDict: d})
	h.ok(err)
}

func (h *house) update(environment, name, key, value string) {
	h.Helper()
	v := resolve.NewValue(value)
	_, err := h.store.UpdateSecret(context.Background(), api.UpdateSecretRequest{Environment: environment, Name: name, EnvDict: api.EnvChanges{key: &v}})
	h.ok(err)
}

func (h *house) token(scope api.Scope) string { return h.newToken(scope, nil).Text.Reveal() }

func (h *house) newToken(scope api.Scope, expires *api.Time) api.NewToken {
	h.Helper()
	t, err := h.store.CreateToken(context.Background(), api.CreateTokenRequest{Name: "t", Scope: scope, ExpiresAt: expires})
	h.ok(err)
	return t
}

// ask is one request.
type ask struct {
	method, path string // the path with its query
	token, body  string
	header       http.Header
}

func (a ask) String() string { return a.method + " " + a.path }

// answer is the answer to a request.
type answer struct {
	status          int
	header, trailer http.Header
	body            []byte
}

// code returns the code of an error, or "".
func (a answer) code() string {
	e, _ := api.ParseError(a.body)
	return e.Code
}

// asked counts requests, so that each comes from an address of its own and the
// limit on failed sign-ins is not reached by accident.
var asked atomic.Uint32

// do sends a request as an unrestricted admin, and checks both sides against the
// document.
func (h *house) do(method, path, body string) answer {
	h.Helper()
	return h.send(ask{method: method, path: path, token: h.admin, body: body})
}

func (h *house) send(a ask) answer {
	h.Helper()
	got, err := h.try(a)
	if err != nil {
		h.Fatalf("%s: %v", a, err)
	}
	h.doc.check(h.TB, a, got)
	return got
}

func (h *house) try(a ask) (answer, error) {
	var body io.Reader
	if a.body != "" {
		body = strings.NewReader(a.body)
	}
	r, err := http.NewRequestWithContext(h.Context(), a.method, h.url+a.path, body)
	if err != nil {
		return answer{}, err
	}
	n := asked.Add(1)
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&0xff, n>>8&0xff, n&0xff))
	if a.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	for k, v := range a.header {
		r.Header[k] = v
	}
	resp, err := h.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, resp.Trailer, b}, err
}

// want sends a request, and checks its status and code ("" for a success).
func (h *house) want(a ask, status int, code string) answer {
	h.Helper()
	got := h.send(a)
	if got.status != status || got.code() != code {
		h.Errorf("%s: %d %q, want %d %q: %s", a, got.status, got.code(), status, code, cut(got.body))
	}
	return got
}

func cut(b []byte) []byte { return b[:min(len(b), 300)] }
