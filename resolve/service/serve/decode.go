package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// maxBody limits the body of a request, in bytes, and maxDepth its nesting.
const (
	maxBody  = 1 << 20
	maxDepth = 8
)

var errBody = resolve.WithHint(api.Errorf("the body is not valid JSON for this request"), "GET /openapi.json describes it")

// decode decodes a JSON body into v: one value with known fields only. An error
// may name a known field, but contains nothing of the body.
func (c *call) decode(v any) error {
	b, err := c.jsonBody()
	if err != nil {
		return err
	}
	return decodeJSON(b, v)
}

func (c *call) jsonBody() ([]byte, error) {
	if t := c.r.Header.Get("Content-Type"); t != "application/json" {
		if media, _, err := mime.ParseMediaType(t); err != nil || media != "application/json" {
			return nil, resolve.WithHint(api.Errorf("want Content-Type: application/json"), "curl -H 'Content-Type: application/json' …")
		}
	}
	return c.body()
}

// readEarly reads a small body before the request takes a slot. Its caller is
// authenticated later, in the transaction, and strangers who never send their
// bodies must not occupy all slots. A large body is read once its caller is
// authenticated.
func (c *call) readEarly() (err error) {
	if n := c.r.ContentLength; n > 0 && n <= smallBody && c.r.Header["Authorization"] != nil {
		c.read, err = c.body()
	}
	return err
}

func (c *call) body() ([]byte, error) {
	if c.read != nil {
		return c.read, nil
	}
	if c.r.ContentLength > maxBody {
		return nil, errTooLarge
	}
	var b []byte
	var err error
	if n := c.r.ContentLength; n >= 0 {
		b = make([]byte, n)
		_, err = io.ReadFull(c.r.Body, b)
	} else {
		b, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, api.Errorf("the body is incomplete")
	}
	return b, nil
}

var errTooLarge = api.Errorf("the body is larger than %d bytes", maxBody)

func decodeJSON(b []byte, v any) error {
	if depth(b) > maxDepth {
		return api.Errorf("the body is nested deeper than %d", maxDepth)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, err := d.Token(); err != io.EOF || !utf8.Valid(b) {
			return errBody
		}
		return strict(json.NewDecoder(bytes.NewReader(b)))
	}
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.Is(err, resolve.ErrInvalid):
		return err // errors of our own types contain nothing of the body
	case errors.As(err, &wrong) && wrong.Field != "":
		return api.Errorf("field %s: wrong type", wrong.Field)
	}
	return errBody
}

// strict rejects what encoding/json accepts silently and other parsers may read
// differently: duplicate fields, and fields in another case. The next value of d
// has been decoded before, so all its fields are known ones. An env_dict checks
// its own content.
func strict(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil {
		return errBody
	}
	if _, brackets := open.(json.Delim); !brackets {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		field := ""
		if open == json.Delim('{') {
			t, _ := d.Token()
			field, _ = t.(string)
			if strings.Trim(field, "abcdefghijklmnopqrstuvwxyz_") != "" {
				return errBody
			}
			if seen[field] {
				return api.Errorf("duplicate field %s", field)
			}
			seen[field] = true
		}
		if field == "env_dict" {
			err = d.Decode(new(json.RawMessage))
		} else {
			err = strict(d)
		}
		if err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// depth returns how deeply brackets outside strings are nested.
func depth(b []byte) (most int) {
	deep, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			deep++
			most = max(most, deep)
		case c == '}' || c == ']':
			deep--
		}
	}
	return most
}

// query reads the parameters of a URL. An unknown parameter is an error, and so
// is one given more than once, unless its name in known ends with *.
type query struct {
	values url.Values
	errs   []error
}

func (c *call) query(known ...string) *query {
	q := &query{}
	var err error
	if q.values, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		q.errs = append(q.errs, api.Errorf("the query string cannot be parsed"))
	}
	for name, texts := range q.values {
		many := slices.Contains(known, name+"*")
		switch {
		case !many && !slices.Contains(known, name):
			q.errs = append(q.errs, api.Errorf("unknown parameter; want %s", strings.ReplaceAll(strings.Join(known, ", "), "*", "")))
		case !many && len(texts) > 1:
			q.errs = append(q.errs, api.Errorf("duplicate parameter %s", name))
		}
	}
	return q
}

func (q *query) text(name string) string { return q.values.Get(name) }

func (q *query) number(name string) int {
	text := q.values.Get(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		q.errs = append(q.errs, api.Errorf("parameter %s: want a whole number", name))
	}
	return n
}

func (q *query) flag(name string) bool {
	switch q.values.Get(name) {
	case "", "false", "0":
		return false
	case "true", "1":
		return true
	}
	q.errs = append(q.errs, api.Errorf("parameter %s: want true or false", name))
	return false
}

func (q *query) time(name string) (t api.Time) {
	if text := q.values.Get(name); text != "" {
		if err := t.UnmarshalText([]byte(text)); err != nil {
			q.errs = append(q.errs, fmt.Errorf("parameter %s: %w", name, err))
		}
	}
	return t
}

func (q *query) duration(name string) time.Duration {
	text := q.values.Get(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		q.errs = append(q.errs, api.Errorf("parameter %s: want a duration such as 30s", name))
	}
	return d
}

func (q *query) err() error { return errors.Join(q.errs...) }
