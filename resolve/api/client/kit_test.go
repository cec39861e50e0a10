package client

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// What no error may contain: the token, a value in a request or a response, and any
// other content of a response.
const (
	tokenCanary = "c4nary-token"
	valueCanary = "c4nary-value"
	wireCanary  = "c4nary-wire"
)

// heard is one request as the server heard it.
type heard struct{ method, path, token, id, body string }

// script responds to the nth request with its nth step, and then with the last.
type script struct {
	t      *testing.T
	mu     sync.Mutex
	heard  []heard
	paused []time.Duration // before each further try
	warned []string
	steps  []http.HandlerFunc
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.heard = append(s.heard, heard{r.Method, r.URL.RequestURI(), r.Header.Get("Authorization"), r.Header.Get(api.RequestIDHeader), string(b)})
	step := s.steps[min(len(s.heard), len(s.steps))-1]
	s.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(b))
	step(w, r)
}

// client is a client of a server with these steps, which does not wait for retries.
func scripted(t *testing.T, steps ...http.HandlerFunc) (*Client, *script) {
	t.Helper()
	s := &script{t: t, steps: steps}
	server := httptest.NewServer(s)
	c := s.client(Config{Server: server.URL, Token: resolve.NewValue(tokenCanary)})
	t.Cleanup(func() {
		_ = c.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return c, s
}

func (s *script) client(cfg Config) *Client {
	s.t.Helper()
	cfg.testWait = func(d time.Duration) time.Duration { s.paused = append(s.paused, d); return 0 }
	cfg.Warn = func(text string) { s.warned = append(s.warned, text) }
	c, err := New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *script) tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heard)
}

// quiet checks that an error, its hint and the warnings contain nothing secret.
func (s *script) quiet(err error) {
	s.t.Helper()
	text := strings.Join(s.warned, "\n")
	if err != nil {
		text += err.Error() + resolve.Hint(err)
	}
	if strings.Contains(text, "c4nary") {
		s.t.Errorf("it contains a secret: %s", text)
	}
}

func answers(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Other", wireCanary)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func says(status int, body string) http.HandlerFunc { return answers(status, "application/json", body) }

// refuses is an error as squired sends it.
func refuses(err error) http.HandlerFunc {
	e, status := api.NewError(err)
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"error":{"code":"`+e.Code+`","message":"refused"}}`)
	}
}

func retryAfterSays(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", text)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, wireCanary)
	}
}

func closes(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func half(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "10000")
	says(200, `{"secrets":[{"environment":"main","name":"db","env_dict":{"K":"`+wireCanary)(w, r)
}

const good = `{"secrets":[{"environment":"main","name":"db","version":1,"env_dict":{"K":"` + wireCanary + `"}}],"etag":"e"}`

func askDB(keys ...string) api.ResolveRequest {
	return api.ResolveRequest{Secrets: []api.SecretRef{{Name: "db", RequiredKeys: keys}}}
}

func tokenFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
