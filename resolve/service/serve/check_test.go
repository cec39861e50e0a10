package serve

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// check compares a real request and its answer with the document: every answer
// must match it, and so must a request that succeeds.
func (d *document) check(t testing.TB, a ask, got answer) {
	t.Helper()
	o, ok := d.find(a)
	if !ok {
		if err := d.validError(got); err != nil {
			t.Errorf("%s is not in the document, and answered %d %s: %v", a, got.status, cut(got.body), err)
		}
		return
	}
	d.mu.Lock()
	d.seen[fmt.Sprintf("%s %d", o, got.status)] = true
	d.mu.Unlock()
	if got.status < 300 {
		if err := d.validRequest(o, a); err != nil {
			t.Errorf("%s succeeded, but the document does not allow it: %v", a, err)
		}
	}
	if err := d.validAnswer(o, a, got); err != nil {
		t.Errorf("%s answered %d %s: %v", a, got.status, cut(got.body), err)
	}
}

func (d *document) validAnswer(o operation, a ask, got answer) error {
	responses := o.node["responses"].(map[string]any)
	node, ok := responses[strconv.Itoa(got.status)]
	if !ok && got.status >= 500 {
		node, ok = responses["default"]
	}
	if !ok {
		return errors.New("a status that is not described")
	}
	response := d.deref(node)
	headers, _ := response["headers"].(map[string]any)
	for name, h := range headers {
		if v := got.header.Get(name); v != "" || got.status == http.StatusUnauthorized {
			if err := d.valid(h.(map[string]any)["schema"], v); err != nil {
				return fmt.Errorf("header %s: %w", name, err)
			}
		}
	}
	if _, has := response["content"]; !has || a.method == http.MethodHead {
		if len(got.body) > 0 {
			return errors.New("a body that is not described")
		}
		return nil
	}
	t, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
	m := media(response, t)
	if m == nil {
		return fmt.Errorf("a content type that is not described: %q", t)
	}
	if t == "application/octet-stream" && got.trailer.Get(completeTrailer) != "true" {
		return errors.New("the trailer for a complete answer is missing")
	}
	if t != "application/json" {
		return nil
	}
	return d.validJSON(m["schema"], got)
}

func (d *document) validError(got answer) error {
	if len(got.body) == 0 && got.header.Get("Content-Length") != "0" { // the answer to HEAD
		return nil
	}
	return d.validJSON(map[string]any{"$ref": "#/components/schemas/ErrorBody"}, got)
}

// validJSON also checks the headers that every JSON answer has.
func (d *document) validJSON(schema any, got answer) error {
	for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if v := got.header.Get(name); v != want {
			return fmt.Errorf("header %s: %q, want %q", name, v, want)
		}
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(got.body))
	if err != nil {
		return err
	}
	return d.valid(schema, v)
}
