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

// maxBody bounds a request's body, in bytes, and maxDepth its nesting.
const (
	maxBody  = 1 << 20
	maxDepth = 8
)

var errBody = resolve.WithHint(api.Errorf("the body is no JSON of this call"), "GET /openapi.json describes it")

// decode reads a body of JSON into v: one value, known fields only. What it
// says of a bad one names a field of ours, and nothing that came.
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

// readEarly reads a small body before the request takes a slot: who is calling
// is known only with the transaction, and strangers whose bodies do not come
// would hold all the slots. A large one is read when its caller is known.
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
		return nil, api.Errorf("the body is cut")
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
		return err // our own types say what they want, and hold nothing of it
	case errors.As(err, &wrong) && wrong.Field != "":
		return api.Errorf("field %s: want another type", wrong.Field)
	}
	return errBody
}

// strict refuses what encoding/json takes in silence, and other readers take
// for something else: a field that stands twice, or in another case. The next
// of d is a value that has been decoded, so that its fields are ours. What is
// in a dict is for the dict to judge.
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
				return api.Errorf("the field %s stands twice", field)
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

// depth is how deep brackets nest, outside of strings.
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

// query reads the parameters of a URL, each known and given once at most,
// unless it is in many.
type query struct {
	values url.Values
	errs   []error
}

func (c *call) query(known ...string) *query {
	q := &query{}
	var err error
	if q.values, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		q.errs = append(q.errs, api.Errorf("the query cannot be read"))
	}
	for name, texts := range q.values {
		many := slices.Contains(known, name+"*")
		switch {
		case !many && !slices.Contains(known, name):
			q.errs = append(q.errs, api.Errorf("unknown parameter; want %s", strings.ReplaceAll(strings.Join(known, ", "), "*", "")))
		case !many && len(texts) > 1:
			q.errs = append(q.errs, api.Errorf("parameter %s stands twice", name))
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
