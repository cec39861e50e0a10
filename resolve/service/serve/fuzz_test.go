package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve/api"
)

// FuzzRequest sends any input as an admin of main/shop-* only. The server never
// fails, what is out of scope does not change, and only names that were sent are
// accessed.
func FuzzRequest(f *testing.F) {
	for _, s := range story {
		f.Add(s.method, s.path, s.body)
	}
	for _, target := range []string{"/v1/secrets/main/shop-db", "/v1/secrets/main/other", "/v1/secrets/stage/shop-db", "/v1/secrets/main/shop-db%2F..%2Fother", "/v1/secrets/main/%73hop-db",
		"/v1/secrets/main/shop-db/../other", "http://x", "*", "//", "/v1/secrets/main/shop-%00", "/v1/watch?secret=main/shop-db&secret=stage/x@1&wait=1ms", "/v1/secrets?environment=stage"} {
		for _, method := range []string{"GET", "DELETE", "PATCH", "CONNECT"} {
			f.Add(method, target, `{"env_dict":{"A":"b"}}`)
		}
	}
	for _, body := range []string{`{"secrets":[{"name":"shop-db"},{"environment":"stage","name":"shop-db"}]}`, `{"secrets":[{"name":"other","name":"shop-db"}]}`, `{"secrets":[{"name":"sh\u006fp-db"}]}`, "\xff"} {
		f.Add("POST", "/v1/resolve", body)
		f.Add("POST", "/v1/secrets", body)
	}
	h := newHouse(f, func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} })
	for _, s := range []string{"main/shop-db", "main/other", "stage/shop-db"} {
		environment, name, _ := strings.Cut(s, "/")
		h.create(environment, name, "K", "value-of-"+environment+"-"+name)
	}
	h.end() // so that no watch waits
	token := h.token(api.Scope{Role: api.RoleAdmin, Environments: []string{"main"}, Names: []string{"shop-*"}})
	hidden := api.ResolveRequest{Secrets: []api.SecretRef{{Name: "other"}, {Name: "db"}, {Environment: "stage", Name: "shop-db"}}}
	was, err := h.store.Resolve(context.Background(), hidden)
	h.ok(err)
	hidden.Etag = was.Etag

	h.want(ask{method: "GET", path: "/v1/secrets/main/shop-db", token: token}, 200, "")
	if n := len(h.readLines(nil)); n == 0 {
		f.Fatal("no reads are recorded")
	}

	f.Fuzz(func(t *testing.T, method, target, body string) {
		r := readRequest(method, target, body, token)
		if r == nil {
			return
		}
		before := h.readLines(nil)
		if len(before) > 200 { // any write adds them to the chain
			if err := h.store.DeleteSecret(context.Background(), api.DeleteRequest{Name: "none", AllowMissing: true}); err != nil {
				t.Fatal(err)
			}
			before = h.readLines(nil)
		}
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Fatalf("%s %q %q: %d %s", method, target, body, w.Code, w.Body)
		}
		for _, value := range []string{"value-of-main-other", "value-of-stage"} {
			if strings.Contains(w.Body.String(), value) {
				t.Fatalf("%s %q %q: %s", method, target, body, w.Body)
			}
		}
		if now, err := h.store.Resolve(context.Background(), hidden); err != nil || !now.Unchanged {
			t.Fatalf("%s %q %q changed what is out of its scope: %v", method, target, body, err)
		}
		sent := namesIn(method, target, body)
		for _, line := range h.readLines(before) {
			if name := line.Environment + "/" + line.Name; line.Caller == "token:t" && line.Name != "" && !slices.Contains(sent, name) {
				t.Fatalf("%s %q %q touched %q, and names %q", method, target, body, name, sent)
			}
		}
		var made api.Secret
		if json.Unmarshal(w.Body.Bytes(), &made) == nil && made.Version > 0 && (!slices.Contains(sent, made.Environment+"/"+made.Name) || made.Environment != "main" || !strings.HasPrefix(made.Name, "shop-")) {
			t.Fatalf("%s %q %q answers with %s", method, target, body, w.Body)
		}
	})
}

// readRequest parses a request as the server does; nil if that fails.
func readRequest(method, target, body, token string) *http.Request {
	if strings.ContainsAny(method+target, "\r\n") {
		return nil
	}
	n := asked.Add(1)
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nX-Forwarded-For: 10.%d.%d.%d\r\nContent-Length: %d\r\n\r\n%s",
		method, target, token, n>>16&0xff, n>>8&0xff, n&0xff, len(body), body)
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return nil
	}
	r.RemoteAddr = "127.0.0.1:1"
	return r
}

// namesIn returns the secrets that a request names, without the code of the
// server.
func namesIn(method, target, body string) (all []string) {
	if u, err := url.ParseRequestURI(target); err == nil {
		parts := strings.Split(u.EscapedPath(), "/")
		if len(parts) > 4 && parts[1] == "v1" && parts[2] == "secrets" {
			environment, _ := url.PathUnescape(parts[3])
			name, _ := url.PathUnescape(parts[4])
			return []string{environment + "/" + name}
		}
	}
	var b struct {
		Environment, Name string
		Secrets           []struct{ Environment, Name string }
	}
	_ = json.Unmarshal([]byte(body), &b)
	add := func(environment, name string) {
		if environment == "" {
			environment = "main"
		}
		all = append(all, environment+"/"+name)
	}
	add(b.Environment, b.Name)
	for _, s := range b.Secrets {
		add(s.Environment, s.Name)
	}
	return all
}

// line is a line of the audit trail that is not in the chain yet.
type line struct{ Caller, Action, Environment, Name string }

// readLines returns the reads after the given ones.
func (h *house) readLines(seen []line) (all []line) {
	files, _ := filepath.Glob(filepath.Join(h.dir, "data", "reads", "*.log"))
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // a write has added it to the chain
		}
		for _, text := range bytes.Split(b, []byte("\n")) {
			var l line
			if json.Unmarshal(text, &l) == nil && l.Action != "" {
				all = append(all, l)
			}
		}
	}
	return all[min(len(seen), len(all)):]
}
