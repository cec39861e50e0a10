package serve

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
)

// value is stored. Its encoded forms differ from it, and it is not a valid name.
const value = "c&n@ry <7f3a\"91c2> ☃ c&n@ry"

// forms returns every form that a secret could have in a text.
func forms(s string) []string {
	all := []string{s, hex.EncodeToString([]byte(s)), strings.ToUpper(hex.EncodeToString([]byte(s))), url.QueryEscape(s), url.PathEscape(s)}
	j, _ := json.Marshal(s)
	all = append(all, strings.Trim(string(j), `"`), strings.Trim(fmt.Sprintf("%q", s), `"`), strings.Trim(fmt.Sprintf("%+q", s), `"`))
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for shift := range 3 { // for every alignment in the encoded text
			text := e.EncodeToString([]byte(strings.Repeat("x", shift) + s))
			all = append(all, text[4*((shift+2)/3):len(text)-4])
		}
	}
	return all
}

// tokenForms returns the forms of a token and of its parts.
func tokenForms(text string) (all []string) {
	secret := strings.TrimPrefix(text, "squire_")
	all = append(forms(text), secret[:8], secret[len(secret)-8:], secret[20:30])
	return all
}

type leaks struct {
	*house
	forms []string
}

func (l leaks) look(where, text string) {
	l.Helper()
	for _, f := range l.forms {
		if strings.Contains(text, f) {
			l.Errorf("%s holds %q: %s", where, f, cut([]byte(text)))
		}
	}
}

// TestNoValueAndNoTokenComesOut of any route, except the two that return one.
func TestNoValueAndNoTokenComesOut(t *testing.T) {
	h := newHouse(t, nil)
	h.create("main", "canary", "KEY", value)
	stranger := service.NewToken()
	known := h.token(api.Scope{Role: api.RoleReader, Names: []string{"db"}})
	l := leaks{h, append(append(append(forms(value), forms(canary)...), tokenForms(h.admin)...), append(tokenForms(stranger), tokenForms(known)...)...)}
	see := func(a ask) {
		t.Helper()
		got := h.send(a)
		text := fmt.Sprint(got.header, got.trailer)
		if a.path != "/v1/resolve" && (a.path != "/v1/tokens" || a.method != "POST") || got.status >= 300 {
			text += string(got.body)
		}
		l.look(a.String(), text)
	}
	quoted, _ := json.Marshal(value)
	long := url.QueryEscape(canary)
	for _, o := range h.doc.operations() {
		a := example(o)
		path, _, _ := strings.Cut(a.path, "?")
		for _, token := range []string{h.admin, known, stranger, canary, value[:1] + canary, "squire_" + canary, ""} {
			a.token = token
			see(a)
		}
		for _, token := range []string{h.admin, stranger, known} { // a token in the place of something else
			see(ask{method: o.method, path: path + "?" + token + "=" + token, token: h.admin, body: a.body})
			see(ask{method: o.method, path: a.path, token: h.admin, body: `{"name":"` + token + `","secrets":[{"name":"` + token + `"}],"etag":"` + token + `"}`})
			see(ask{method: o.method, path: a.path, token: h.admin, body: `{"` + token + `":"` + token + `"}`})
		}
		for _, body := range []string{string(quoted), `{` + string(quoted) + `:1}`, `{"env_dict":{"KEY":` + string(quoted) + `}}`, `{"name":` + string(quoted) + string(quoted), `{"env_dict":` + string(quoted) + `}`,
			`{"name":"canary","env_dict":{"KEY":` + string(quoted) + `},"if_exists":"overwrite"}`, `{"name":"canary","env_dict":{"KEY":` + string(quoted) + `},"if_exists":"` + canary + `"}`,
			`{"name":"canary","env_dict":{"KEY":` + string(quoted) + `,"KEY":` + string(quoted) + `}}`, `{"name":"canary","env_dict":{"KEY":[` + string(quoted) + `]}}`, `{"name":"x","env_dict":{"KEY":"` + canary + `\ud800"}}`,
			`{"secrets":[{"name":"canary","required_keys":["` + canary + `="]}],"etag":` + string(quoted) + `}`, `{"recipients":[` + string(quoted) + `]}`, canary} {
			see(ask{method: o.method, path: a.path, token: h.admin, body: body})
		}
		for _, q := range []string{long + "=1", "limit=" + long, "cursor=" + long, "etag=" + url.QueryEscape(value), "wait=" + long, "secret=" + long, "secret=main/" + long, "allow_missing=" + long, "since=" + long, "environment=" + long} {
			see(ask{method: o.method, path: path + "?" + q, token: h.admin, body: a.body})
		}
		for _, name := range []string{"Content-Type", api.RequestIDHeader, "X-Forwarded-For", "Accept", "Cookie", "User-Agent", "Referer", "If-None-Match"} {
			see(ask{method: o.method, path: a.path, token: h.admin, body: a.body, header: http.Header{name: {canary}}})
		}
	}
	see(ask{method: "GET", path: "/" + long, token: h.admin})
	see(ask{method: "GET", path: "/v1/secrets/main/" + url.PathEscape(value), token: h.admin})
	see(ask{method: "GET", path: "/v1/secrets/main/" + stranger, token: h.admin})
	see(ask{method: "DELETE", path: "/v1/tokens/" + stranger, token: h.admin})
	see(ask{method: "GET", path: "/metrics"})
	see(ask{method: "GET", path: "/openapi.json"})

	h.create("main", "canary2", "KEY", value)
	if got := h.do("POST", "/v1/resolve", `{"secrets":[{"name":"canary2"}]}`); !strings.Contains(string(got.body), string(mustPlain(value))) {
		t.Errorf("the canary is missing where it belongs: %s", got.body)
	}
	for _, e := range h.logs.All() {
		l.look("the log", fmt.Sprintf("%s %+v", e.Message, e.ContextMap()))
	}
	if len(h.logs.All()) < 100 {
		t.Errorf("%d lines in the log, too few for all these requests", len(h.logs.All()))
	}
	h.ok(filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		l.look(path, string(b))
		return err
	}))
}

// mustPlain returns a value as a resolve writes it.
func mustPlain(s string) []byte {
	b, _ := api.AppendResolveResponse(nil, api.ResolveResponse{Etag: s, Unchanged: true})
	return []byte(strings.TrimSuffix(strings.TrimPrefix(string(b), `{"etag":`), `,"unchanged":true}`))
}
