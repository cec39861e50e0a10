package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// document is openapi.json, for tests.
type document struct {
	root    map[string]any
	schemas *jsonschema.Compiler
	mux     *http.ServeMux // with the paths of the document
	mu      sync.Mutex
	seen    map[string]bool // what has been compared with it, such as "GET /v1/watch 204"
}

const documentURL = "file:///openapi.json"

var readDocument = sync.OnceValues(func() (*document, error) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(openapi))
	if err != nil {
		return nil, err
	}
	// Clients ignore unknown fields of an answer; for a test they are an error.
	schemas := v.(map[string]any)["components"].(map[string]any)["schemas"].(map[string]any)
	for _, s := range schemas {
		tighten(s)
	}
	d := &document{root: v.(map[string]any), schemas: jsonschema.NewCompiler(), mux: http.NewServeMux(), seen: map[string]bool{}}
	d.schemas.DefaultDraft(jsonschema.Draft2020)
	d.schemas.AssertFormat()
	if err := d.schemas.AddResource(documentURL, v); err != nil {
		return nil, err
	}
	for _, op := range d.operations() {
		d.mux.Handle(op.method+" "+op.path, http.NotFoundHandler())
	}
	return d, nil
})

func theDocument(t testing.TB) *document {
	d, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func tighten(s any) {
	o, ok := s.(map[string]any)
	if !ok {
		return
	}
	properties, has := o["properties"].(map[string]any)
	if _, said := o["additionalProperties"]; has && !said {
		o["additionalProperties"] = false
	}
	for _, p := range properties {
		tighten(p)
	}
}

// operation is one method of a path.
type operation struct {
	method, path string
	node         map[string]any
	parameters   []map[string]any
}

func (o operation) String() string { return o.method + " " + o.path }

func (d *document) operations() (all []operation) {
	for path, item := range d.root["paths"].(map[string]any) {
		item := item.(map[string]any)
		shared, _ := item["parameters"].([]any)
		for method, node := range item {
			if method == "parameters" {
				continue
			}
			o := operation{strings.ToUpper(method), path, node.(map[string]any), nil}
			own, _ := o.node["parameters"].([]any)
			for _, p := range append(shared[:len(shared):len(shared)], own...) {
				o.parameters = append(o.parameters, d.deref(p))
			}
			all = append(all, o)
		}
	}
	return all
}

// deref follows a $ref of OpenAPI itself; the validator follows those of schemas.
func (d *document) deref(v any) map[string]any {
	o, _ := v.(map[string]any)
	ref, ok := o["$ref"].(string)
	if !ok {
		return o
	}
	var at any = d.root
	for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		at = at.(map[string]any)[step]
	}
	return at.(map[string]any)
}

// find returns the operation of a request; ok is false if there is none.
func (d *document) find(a ask) (o operation, ok bool) {
	if !strings.HasPrefix(a.path, "/") {
		return o, false
	}
	method := a.method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	r := httptest.NewRequest(method, a.path, nil)
	_, pattern := d.mux.Handler(r)
	for _, o := range d.operations() {
		if pattern == o.String() {
			return o, true
		}
	}
	return o, false
}

// valid checks a value against a schema of the document.
func (d *document) valid(schema any, v any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	// A schema is compiled by its URL; an inline schema gets one.
	ref, ok := schema.(map[string]any)["$ref"].(string)
	if !ok || len(schema.(map[string]any)) > 1 {
		b, err := json.Marshal(schema)
		if err != nil {
			return err
		}
		inline, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.ReplaceAll(string(b), `"#/`, `"`+documentURL+`#/`)))
		if err != nil {
			return err
		}
		ref = fmt.Sprintf("file:///inline/%x", b)
		_ = d.schemas.AddResource(ref, inline) // an error if it exists already
	} else {
		ref = documentURL + ref
	}
	s, err := d.schemas.Compile(ref)
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// validRequest checks a request against the document.
func (d *document) validRequest(o operation, a ask) error {
	u, err := url.Parse(a.path)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, p := range o.parameters {
		name := p["name"].(string)
		var texts []string
		switch p["in"] {
		case "path":
			texts = []string{segment(o.path, u.EscapedPath(), name)}
		case "query":
			known[name] = true
			texts = u.Query()[name]
		case "header":
			texts = a.header[http.CanonicalHeaderKey(name)]
		}
		if len(texts) == 0 && p["required"] != true {
			continue
		}
		if err := d.valid(p["schema"], parameter(p["schema"], texts)); err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	for name := range u.Query() {
		if !known[name] && !slices.Contains(golden, o.String()) { // probes ignore parameters
			return fmt.Errorf("parameter %s is not described", name)
		}
	}
	body, takes := o.node["requestBody"].(map[string]any)
	if !takes {
		return nil
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err != nil {
		return err
	}
	return d.valid(media(body, "application/json")["schema"], v)
}

func media(of map[string]any, t string) map[string]any {
	content, _ := of["content"].(map[string]any)
	m, _ := content[t].(map[string]any)
	return m
}

// segment returns what replaces {name} in a path.
func segment(pattern, path, name string) string {
	parts := strings.Split(path, "/")
	for i, p := range strings.Split(pattern, "/") {
		if p == "{"+name+"}" && i < len(parts) {
			text, _ := url.PathUnescape(parts[i])
			return text
		}
	}
	return ""
}

func parameter(schema any, texts []string) any {
	switch schema.(map[string]any)["type"] {
	case "array":
		all := make([]any, len(texts))
		for i, t := range texts {
			all[i] = t
		}
		return all
	case "integer":
		if n, err := strconv.Atoi(texts[0]); err == nil {
			return n
		}
	}
	return texts[0]
}
