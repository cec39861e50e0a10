package serve

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// canary is put wherever a value or invalid input may be. It is longer than a
// name may be, so it is never shown as one.
const canary = "canary-7f3a91c2-canary-7f3a91c2-canary-7f3a91c2-canary-7f3a91c2-canary"

// badBodies are invalid for every call.
var badBodies = map[string]string{
	"malformed":         `{"secrets":[}`,
	"no JSON":           canary,
	"a string":          `"` + canary + `"`,
	"a list":            `["` + canary + `"]`,
	"truncated":         `{"secrets":[{"name":"` + canary,
	"trailing":          `{} {"` + canary + `":1}`,
	"trailing rubbish":  `{}` + canary,
	"deep lists":        `{"secrets":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`,
	"deep objects":      `{"env_dict":` + strings.Repeat(`{"A":`, 10_000) + "1" + strings.Repeat("}", 10_000) + `}`,
	"deep and open":     strings.Repeat("[", 10_000),
	"unknown field":     `{"` + canary + `":"` + canary + `"}`,
	"not UTF-8":         "{\"name\":\"\xff" + canary + "\"}",
	"wrong type":        `{"secrets":"` + canary + `","env_dict":"` + canary + `","name":{},"recipients":1,"version":"` + canary + `","add_only":"` + canary + `"}`,
	"NUL in a name":     `{"name":"` + canary + `\u0000"}`,
	"long name":         `{"name":"` + canary + `","version":1,"recipients":["` + canary + `"]}`,
	"another's case":    `{"NAME":"x","Version":1,"Secrets":[],"Env_Dict":{},"Recipients":[],"ADD_ONLY":true}`,
	"comments":          `{/* ` + canary + ` */}`,
	"a byte order mark": "\ufeff{}",
	"NaN":               `{"version":NaN}`,
	"empty":             ` `,
}

func TestBadBodies(t *testing.T) {
	h := newHouse(t, nil)
	for _, o := range h.doc.operations() {
		a := example(o)
		if a.token = h.admin; a.body == "" {
			continue
		}
		for why, body := range badBodies {
			a.body = body
			h.wantBad(why, a)
		}
	}
}

func (h *house) wantBad(why string, a ask) {
	h.Helper()
	got := h.want(a, http.StatusBadRequest, "invalid")
	if h.Failed() {
		h.Fatalf("%s: %s %s", why, a, cut([]byte(a.body)))
	}
	if strings.Contains(string(got.body), "canary") {
		h.Errorf("%s: %s reveals the input: %s", why, a, got.body)
	}
}

// badFields are invalid bodies for single calls.
var badFields = []ask{
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"1","A":"` + canary + `"}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"1","\u0041":"` + canary + `"}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","name":"y"}`},
	{method: "POST", path: "/v1/secrets", body: `{"NAME":"x"}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","Name":"y"}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"1"},"Env_Dict":{"B":"2"}}`},
	{method: "POST", path: "/v1/resolve", body: `{"ſecrets":[]}`},
	{method: "POST", path: "/v1/resolve", body: `{"secrets":[{"Name":"db"}]}`},
	{method: "POST", path: "/v1/resolve", body: "{\"secrets\":[],\"etag\":\"\xff\"}"},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"1"},"env_dict":{"B":"2"}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"` + canary + `\ud800"}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"\ufffd` + canary + `\ud800"}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"` + canary + `\udc00\ud800"}}`},
	{method: "POST", path: "/v1/secrets", body: "{\"name\":\"x\",\"env_dict\":{\"A\":\"" + canary + "\xff\"}}"},
	{method: "POST", path: "/v1/secrets", body: "{\"name\":\"x\",\"env_dict\":{\"A\":\"" + canary + "\xed\xa0\x80\"}}"},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"` + canary + `\u0000"}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":["` + canary + `"]}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":{"B":"` + canary + `"}}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":7312}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A=` + canary[:40] + `":"x"}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x","env_dict":{"A":"` + strings.Repeat("canary", 6000) + `"}}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":".."}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"a/b"}`},
	{method: "POST", path: "/v1/secrets", body: `{"name":"x\u0000"}`},
	{method: "POST", path: "/v1/secrets", body: `{"environment":"../main","name":"x"}`},
	{method: "PATCH", path: "/v1/secrets/main/db", body: `{"expected_version":1e99}`},
	{method: "PATCH", path: "/v1/secrets/main/db", body: `{"expected_version":7312.5}`},
	{method: "PATCH", path: "/v1/secrets/main/db", body: `{"expected_version":"7312"}`},
	{method: "PATCH", path: "/v1/secrets/main/db", body: `{"env_dict":{"A":"` + canary + `\ud800"}}`},
	{method: "PATCH", path: "/v1/secrets/main/db", body: `{"name":"other"}`},
	{method: "POST", path: "/v1/secrets/main/db/rollback", body: `{"version":99999999999999999999}`},
	{method: "POST", path: "/v1/resolve", body: `{"secrets":[{"name":"db","name":"other"}]}`},
	{method: "POST", path: "/v1/resolve", body: `{"secrets":[{"name":"db","required_keys":["` + canary + `="]}]}`},
	{method: "POST", path: "/v1/resolve", body: `{"secrets":[` + strings.Repeat(`{"name":"db"},`, 1000) + `{"name":"db"}]}`},
	{method: "POST", path: "/v1/tokens", body: `{"name":"x","role":"` + canary + `"}`},
	{method: "POST", path: "/v1/tokens", body: `{"name":"x","role":"reader","names":["` + canary + `"]}`},
	{method: "POST", path: "/v1/tokens", body: `{"name":"x","role":"reader","expires_at":"` + canary + `"}`},
	{method: "POST", path: "/v1/tokens", body: `{"name":"x","role":"reader","names":[` + strings.Repeat(`"a",`, 101) + `"b"]}`},
}

func TestBadFields(t *testing.T) {
	h := newHouse(t, nil)
	h.state() // counts as a use
	before := h.state()
	for _, a := range badFields {
		a.token = h.admin
		got := h.want(a, http.StatusBadRequest, "invalid")
		for _, leak := range []string{"canary", "7312"} {
			if strings.Contains(string(got.body), leak) {
				t.Errorf("%s %s reveals the input: %s", a, cut([]byte(a.body)), got.body)
			}
		}
		if t.Failed() {
			t.Fatalf("%s %s: %s", a, cut([]byte(a.body)), got.body)
		}
	}
	if after := h.state(); after != before {
		t.Errorf("the store has changed:\n%s\n%s", before, after)
	}
}

func TestBadContentTypes(t *testing.T) {
	h := newHouse(t, nil)
	for _, ct := range [][]string{nil, {""}, {"text/plain"}, {"application/x-www-form-urlencoded"}, {"multipart/form-data; boundary=" + canary}, {"application/json5"},
		{"application/json, text/plain"}, {"application/json; charset"}, {canary}} {
		got := h.want(ask{method: "POST", path: "/v1/resolve", token: h.admin, body: `{"secrets":[]}`, header: http.Header{"Content-Type": ct}}, 400, "invalid")
		if strings.Contains(string(got.body), "canary") {
			t.Errorf("%q: %s", ct, got.body)
		}
	}
	for _, ct := range []string{"application/json; charset=utf-8", "Application/JSON"} {
		h.want(ask{method: "POST", path: "/v1/resolve", token: h.admin, body: `{"secrets":[]}`, header: http.Header{"Content-Type": {ct}}}, 200, "")
	}
}

// TestHugeBodies: with and without a length; that of a stranger is not read.
func TestHugeBodies(t *testing.T) {
	h := newHouse(t, nil)
	for _, length := range []int64{maxBody + 1, -1} {
		for token, want := range map[string]int{h.admin: 400, "": 401} {
			body := io.LimitReader(io.MultiReader(strings.NewReader(`{"secrets":[],"etag":"`), endless{}), maxBody+1)
			r, err := http.NewRequestWithContext(t.Context(), "POST", h.url+"/v1/resolve", body)
			h.ok(err)
			r.ContentLength = length
			r.Header.Set("Content-Type", "application/json")
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			resp, err := h.http.Do(r)
			if err != nil { // the server has answered and closed before the whole body was sent
				continue
			}
			b, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != want || !bytes.Contains(b, []byte(`"code":`)) {
				t.Errorf("length %d: %d %s", length, resp.StatusCode, b)
			}
		}
	}
	big := fmt.Sprintf(`{"secrets":[],"etag":"%s"}`, strings.Repeat("x", maxBody-24))
	h.want(ask{method: "POST", path: "/v1/resolve", token: h.admin, body: big[:len(big)-2] + `"}`}, 200, "")
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}
