package serve

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve/api"
)

// raw sends bytes unchanged, on a new connection, and reads one answer; it is
// zero if the server sends none.
func (h *house) raw(request string) answer {
	h.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	h.ok(err)
	defer c.Close()
	_, err = io.WriteString(c, request)
	h.ok(err)
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return answer{}
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: b}
}

func (h *house) line(method, target string) string {
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", method, target, h.admin)
}

// TestPathTricks: no target is taken for another one, such as the existing
// main/db.
func TestPathTricks(t *testing.T) {
	h := newHouse(t, nil)
	h.create("main", "..db", "K", "v") // dots in a name are allowed
	h.create("main", "a..b", "K", "v")
	h.want(ask{method: "GET", path: "/v1/secrets/main/..db", token: h.admin}, 200, "")
	h.want(ask{method: "GET", path: "/v1/secrets/main/%2e%2edb", token: h.admin}, 200, "")
	h.want(ask{method: "GET", path: "/v1/secrets/main/a..b", token: h.admin}, 200, "")
	h.want(ask{method: "GET", path: "/v1/secrets/main/%64%62", token: h.admin}, 200, "") // is db
	for target, want := range map[string]int{
		"/v1/secrets/main/.":                          400,
		"/v1/secrets/main/..":                         400,
		"/v1/secrets/main/%2e":                        400,
		"/v1/secrets/main/%2e%2e":                     400,
		"/v1/secrets/main/%2E%2E/":                    400,
		"/v1/secrets/./main/db":                       400,
		"/v1/secrets/main/x/../db":                    400,
		"/v1/secrets/main/x/%2e%2e/db":                400,
		"/v1/secrets/main//db":                        400,
		"/v1/secrets//db":                             400,
		"//v1/secrets/main/db":                        400,
		"/v1/secrets/main/%2Fdb":                      400,
		"/v1/secrets/main/db%2F":                      400,
		"/v1/secrets/main/x%2Fdb":                     400,
		"/v1/secrets/main%2Fdb":                       404,
		"/v1%2Fsecrets/main/db":                       404,
		"/v1/secrets/main%2F..%2Fmain/db":             400,
		"/v1/secrets/main/db%00":                      400,
		"/v1/secrets/main/%00":                        400,
		"/v1/secrets/main%00/db":                      400,
		"/v1/secrets/main/db%5C":                      400,
		"/v1/secrets/main/..%5cdb":                    400,
		"/v1/secrets/main/db%0d%0a":                   400,
		"/v1/secrets/main/db;x=y":                     400,
		"/v1/secrets/main/db%3Fx":                     400,
		"/v1/secrets/main/db%23x":                     400,
		"/v1/secrets/main/db%20":                      400,
		"/v1/secrets/main/%ff":                        400,
		"/v1/secrets/main/%C0%AE%C0%AE":               400,
		"/v1/secrets/main/%EF%BC%8E":                  400,
		"/v1/secrets/main/%252e%252e":                 400,
		"/v1/secrets/main/db/":                        404,
		"/v1/secrets/main/":                           404,
		"/V1/secrets/main/db":                         404,
		"/v1/secrets/main/db/versions/":               404,
		"/v1/secrets/main/" + strings.Repeat("d", 65): 400,
		"/v1/tokens/..":                               400,
		"/v1/tokens/%2e%2e":                           400,
		"/v1/tokens/a%2Fb":                            405,
		"/healthz/":                                   404,
		"/..":                                         400,
		"/%2e%2e/healthz":                             400,
		"/healthz%00":                                 404,
		"/v1/secrets/main/%zz":                        400,
		"/v1/secrets/main/db bad":                     400,
		"healthz":                                     400,
		"*":                                           400,
		"?x":                                          400,
		"http://y/v1/secrets/main/../db":              400,
		"http://y/v1/secrets/main/db":                 200, // the absolute form is no trick
		"http://y":                                    400,
		"http://y?x=y":                                400,
		"":                                            400,
	} {
		got := h.raw(h.line("GET", target))
		if got.status != want {
			t.Errorf("GET %s: %d %s, want %d", target, got.status, got.body, want)
		}
		if got.header.Get("Location") != "" {
			t.Errorf("GET %s: redirected", target)
		}
	}
}

func TestMethodTricks(t *testing.T) {
	h := newHouse(t, nil)
	before := h.state()
	for _, method := range []string{"TRACE", "CONNECT", "OPTIONS", "PUT", "POST", "get", "DELETED", "PROPFIND", "PRI"} {
		for _, target := range []string{"/v1/secrets/main/db", "/v1/environments/stage", "/healthz", "/metrics"} {
			got := h.raw(h.line(method, target))
			if got.status != 405 || got.code() != "invalid" || got.header.Get("Allow") == "" {
				t.Errorf("%s %s: %d %s", method, target, got.status, got.body)
			}
			if strings.Contains(string(got.body), h.admin) {
				t.Errorf("%s %s answers with the request", method, target)
			}
		}
	}
	for _, target := range []string{"x:443", "/v1/secrets/main/..", "/nothing", "//", "/v1//secrets"} {
		if got := h.raw(h.line("CONNECT", target)); got.status < 400 || got.status > 499 || got.code() == "" {
			t.Errorf("CONNECT %s: %d %s", target, got.status, got.body)
		}
	}
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		h.want(ask{method: "GET", path: "/v1/secrets/main/db", token: h.admin, header: http.Header{name: {"DELETE"}}}, 200, "")
	}
	got := h.want(ask{method: "HEAD", path: "/v1/resolve", token: h.admin}, 405, "")
	if got.header.Get("Allow") != "POST" {
		t.Errorf("HEAD /v1/resolve: allow %q", got.header.Get("Allow"))
	}
	h.want(ask{method: "HEAD", path: "/v1/secrets/main/db"}, 401, "")
	h.want(ask{method: "POST", path: "/v1/secrets/main/db?_method=DELETE", token: h.admin}, 405, "invalid")
	if after := h.state(); strings.ReplaceAll(before, `"last_used_at":null`, "") != strings.ReplaceAll(after, `"last_used_at":"2026-11-23T12:00:00.000000000Z"`, "") {
		t.Errorf("the store has changed:\n%s\n%s", before, after)
	}
}

func TestBadQueries(t *testing.T) {
	h := newHouse(t, nil)
	for _, target := range []string{
		"/v1/secrets?limit=-1", "/v1/secrets?limit=x", "/v1/secrets?limit=1.5", "/v1/secrets?limit=99999999999999999999", "/v1/secrets?limit=1&limit=2",
		"/v1/secrets?cursor=" + canary, "/v1/secrets?cursor=%00", "/v1/secrets?cursor=AAAAAAAAAAAA!", "/v1/secrets?cursor=AAAA", "/v1/secrets?cursor=AAAAAAAAAAAvLi4",
		"/v1/secrets?created_before=" + canary, "/v1/secrets?created_before=2026-01-01", "/v1/secrets?created_before=1",
		"/v1/secrets?environment=..", "/v1/secrets?environment=a%2Fb", "/v1/secrets?environment=" + canary, "/v1/secrets?environment=%00",
		"/v1/secrets?" + canary + "=1", "/v1/secrets?Limit=1", "/v1/secrets?limit=%zz", "/v1/secrets?a;b", "/v1/secrets?environment=main&environment=stage",
		"/v1/watch", "/v1/watch?secret=", "/v1/watch?secret=db", "/v1/watch?secret=main/..", "/v1/watch?secret=main/a/b", "/v1/watch?secret=main/db@x", "/v1/watch?secret=main/db@-1",
		"/v1/watch?secret=main/db@", "/v1/watch?secret=main/db@1@2", "/v1/watch?secret=main/db&wait=-1s", "/v1/watch?secret=main/db&wait=5", "/v1/watch?secret=main/db&wait=" + canary,
		"/v1/watch?secret=main/db&etag=a&etag=b", "/v1/watch?secret=main/db&secrets=x", "/v1/watch?secret=" + canary + "/" + canary,
		"/v1/watch?" + strings.Repeat("secret=a/b&", 1000) + "secret=a/b",
		"/v1/audit?limit=x", "/v1/audit?since=" + canary, "/v1/audit?x=y",
	} {
		h.wantBad("query", ask{method: "GET", path: target, token: h.admin})
	}
	for _, target := range []string{"/v1/secrets/main/db?allow_missing=" + canary, "/v1/secrets/main/db?allow_missing=TRUE", "/v1/secrets/main/db?force=1", "/v1/environments/stage?allow_missing=yes",
		"/v1/tokens/0123?allow_missing=2", "/v1/tokens/0123?allow_missing=1&allow_missing=1", "/v1/tokens/" + strings.Repeat("a", 65)} {
		h.wantBad("query", ask{method: "DELETE", path: target, token: h.admin})
	}
	for _, a := range []ask{
		{method: "GET", path: "/v1/environments?limit=1"}, {method: "GET", path: "/v1/secrets/main/db?version=1"}, {method: "GET", path: "/v1/tokens?" + canary},
		{method: "POST", path: "/v1/secrets?environment=stage", body: `{"name":"x"}`}, {method: "POST", path: "/v1/resolve?x", body: `{"secrets":[]}`},
	} {
		a.token = h.admin
		h.wantBad("query", a)
	}
	for _, id := range []string{canary, "a b", "ä", "a/b", ".."} {
		got := h.send(ask{method: "POST", path: "/v1/secrets", token: h.admin, body: `{"name":"x"}`, header: http.Header{api.RequestIDHeader: {id}}})
		if got.status != 400 || strings.Contains(string(got.body), "canary") {
			t.Errorf("id %q: %d %s", id, got.status, got.body)
		}
	}
}

// TestChunkedBodies are treated like other bodies.
func TestChunkedBodies(t *testing.T) {
	h := newHouse(t, nil)
	head := fmt.Sprintf("POST /v1/resolve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n", h.admin)
	for body, want := range map[string]int{
		"\r\n7\r\n{\"secre\r\n8\r\nts\":[]}\n\r\n0\r\n\r\n": 200,
		"\r\nzz\r\n{}\r\n0\r\n\r\n":                         400,
		"\r\n-1\r\n{}\r\n0\r\n\r\n":                         400,
		"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n":          400,
	} {
		if got := h.raw(head + body); got.status != want && !(want == 400 && got.status == 501) {
			t.Errorf("%q: %d %s, want %d", body, got.status, got.body, want)
		}
	}
	cut := fmt.Sprintf("POST /v1/resolve HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{", h.admin)
	c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	h.ok(err)
	defer c.Close()
	_, err = io.WriteString(c, cut)
	h.ok(err)
	h.ok(c.(*net.TCPConn).CloseWrite())
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	h.ok(err)
	defer resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("an incomplete body: %d", resp.StatusCode)
	}
}
