package serve

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryRouteIsInTheDocument(t *testing.T) {
	var served, described []string
	for _, r := range Routes() {
		served = append(served, fmt.Sprintf("%s %s open=%v", r.Method, r.Path, r.Open))
	}
	for _, o := range theDocument(t).operations() {
		security, own := o.node["security"].([]any)
		described = append(described, fmt.Sprintf("%s open=%v", o, own && len(security) == 0))
		for _, p := range []string{"operationId", "summary"} {
			if o.node[p] == "" || o.node[p] == nil {
				t.Errorf("%s: no %s", o, p)
			}
		}
		for _, s := range o.parameters {
			if in := s["in"]; in == "path" && !strings.Contains(o.path, "{"+s["name"].(string)+"}") {
				t.Errorf("%s: %s is not in the path", o, s["name"])
			}
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) {
		t.Errorf("served:\n%s\ndescribed:\n%s", strings.Join(served, "\n"), strings.Join(described, "\n"))
	}
}

// TestTheExamplesWork sends each to a new store, with all parameters that have an
// example.
func TestTheExamplesWork(t *testing.T) {
	for _, o := range theDocument(t).operations() {
		t.Run(o.node["operationId"].(string), func(t *testing.T) {
			h := newHouse(t, nil)
			a := example(o)
			a.token = h.admin
			got := h.send(a)
			if got.status >= 300 {
				t.Fatalf("%s %s: %d %s", a, a.body, got.status, got.body)
			}
		})
	}
}

func example(o operation) ask {
	path, query := o.path, url.Values{}
	a := ask{method: o.method, header: http.Header{}}
	for _, p := range o.parameters {
		name, v := p["name"].(string), p["example"]
		switch {
		case v == nil:
		case p["in"] == "path":
			path = strings.ReplaceAll(path, "{"+name+"}", v.(string))
		case p["in"] == "header":
			a.header.Set(name, v.(string))
		default:
			if all, many := v.([]any); many {
				v = all[0]
			}
			query.Set(name, fmt.Sprint(v))
		}
	}
	if a.path = path; len(query) > 0 {
		a.path += "?" + query.Encode()
	}
	if body, ok := o.node["requestBody"].(map[string]any); ok {
		b, _ := json.Marshal(media(body, "application/json")["example"])
		a.body = string(b)
	}
	return a
}

// TestAnUnknownFieldIsRefused in each object of each body.
func TestAnUnknownFieldIsRefused(t *testing.T) {
	h := newHouse(t, nil)
	for _, o := range h.doc.operations() {
		a := example(o)
		if a.body == "" {
			continue
		}
		a.token = h.admin
		rapid.Check(t, func(rt *rapid.T) {
			field := rapid.StringMatching(`[a-zA-Z_ \-]{1,12}|canary-[0-9]{4}`).Draw(rt, "field")
			v, err := json.Marshal(rapid.OneOf(rapid.Just[any](nil), rapid.Just[any](1), rapid.Just[any]("x"), rapid.Just[any]([]any{})).Draw(rt, "value"))
			if err != nil {
				rt.Fatal(err)
			}
			objects := ours(a.body)
			at := objects[rapid.IntRange(0, len(objects)-1).Draw(rt, "object")]
			if strings.Contains(a.body, fmt.Sprintf("%q", field)) || knownField(o, field, h.doc) {
				return
			}
			sep := ","
			if strings.HasPrefix(a.body[at:], "}") {
				sep = ""
			}
			bad := a
			bad.body = fmt.Sprintf("%s%q:%s%s%s", a.body[:at], field, v, sep, a.body[at:])
			got := h.send(bad)
			if got.status != http.StatusBadRequest || got.code() != "invalid" {
				rt.Fatalf("%s %s: %d %s", bad, bad.body, got.status, got.body)
			}
		})
	}
}

// ours returns the positions after each { of an object with fields, not keys.
func ours(body string) (at []int) {
	for i, c := range body {
		if c == '{' && !strings.HasSuffix(body[:i], `"env_dict":`) {
			at = append(at, i+1)
		}
	}
	return at
}

func knownField(o operation, field string, d *document) bool {
	b, _ := json.Marshal(d.root["components"])
	return strings.Contains(string(b), fmt.Sprintf("%q:", field))
}
