package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/squire-env/squire/resolve"
)

// EnvDict is the keys and values of a secret. Its JSON contains the values.
type EnvDict map[string]resolve.Value

// MarshalJSON writes the values themselves, as {"KEY":"value"}, keys sorted.
func (d EnvDict) MarshalJSON() ([]byte, error) {
	plain := make(map[string]string, len(d))
	for k, v := range d {
		plain[k] = v.Reveal()
	}
	return marshalPlain(plain)
}

// UnmarshalJSON reads {"KEY":"value"}. The error for a value that is not a string
// names the key.
func (d *EnvDict) UnmarshalJSON(b []byte) error {
	c, err := unmarshalChanges(b)
	if err != nil {
		return err
	}
	*d = make(EnvDict, len(c))
	for k, v := range c {
		if v == nil {
			return fmt.Errorf("%w value of %s: want a string, not null", resolve.ErrInvalid, k)
		}
		(*d)[k] = *v
	}
	return nil
}

// EnvChanges are changes to a secret: nil (null in JSON) removes a key.
type EnvChanges map[string]*resolve.Value

// MarshalJSON writes the values themselves, and null for nil.
func (c EnvChanges) MarshalJSON() ([]byte, error) {
	plain := make(map[string]*string, len(c))
	for k, v := range c {
		if v == nil {
			plain[k] = nil
			continue
		}
		s := v.Reveal()
		plain[k] = &s
	}
	return marshalPlain(plain)
}

// UnmarshalJSON reads {"KEY":"value","GONE":null}.
func (c *EnvChanges) UnmarshalJSON(b []byte) (err error) {
	*c, err = unmarshalChanges(b)
	return err
}

// marshalPlain does not escape < > &: this JSON is never embedded in HTML.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// unmarshalChanges reads one object of strings and nulls. It rejects duplicate
// keys, since parsers differ in which one counts, and half surrogate pairs and
// invalid UTF-8, which encoding/json would silently replace. The error joins the
// first faults, with their lines if there are several lines.
func unmarshalChanges(b []byte) (EnvChanges, error) {
	if c, ok := parseChanges(b); ok {
		return c, nil
	}
	r := changesReader{b: b, d: json.NewDecoder(bytes.NewReader(b)), c: EnvChanges{}}
	if !r.object() { // the text of encoding/json may quote its input
		r.fault(0, fmt.Errorf("%w JSON: want one object of strings", resolve.ErrInvalid))
	}
	if r.faults != nil {
		return nil, errors.Join(r.faults...)
	}
	return r.c, nil
}

// changesReader reads one object, and notes what is wrong in it.
type changesReader struct {
	b      []byte
	d      *json.Decoder
	c      EnvChanges
	faults []error
}

// object is false if there is no object, or not only one.
func (r *changesReader) object() bool {
	if t, err := r.d.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for r.d.More() {
		if len(r.faults) >= maxFaults {
			return true
		}
		t, err := r.d.Token()
		key, ok := t.(string)
		if err != nil || !ok || !r.member(key) {
			return false
		}
	}
	if t, err := r.d.Token(); err != nil || t != json.Delim('}') {
		return false
	}
	_, err := r.d.Token()
	return err == io.EOF
}

// member is false if the value is not JSON.
func (r *changesReader) member(key string) bool {
	err := resolve.CheckKey(key)
	if _, twice := r.c[key]; twice && err == nil {
		err = fmt.Errorf("%w JSON: duplicate key %s", resolve.ErrInvalid, key)
	}
	if err != nil {
		r.fault(0, err)
	}
	var raw json.RawMessage
	if r.d.Decode(&raw) != nil {
		return false
	}
	var s *string
	if json.Unmarshal(raw, &s) != nil {
		if err == nil {
			r.fault(len(raw), notString(key, raw[0]))
		}
	} else if flaw := flawOf(raw); flaw != "" && s != nil && err == nil {
		r.fault(len(raw), fmt.Errorf("%w value of %s: %s", resolve.ErrInvalid, key, flaw))
	}
	r.c[key] = nil
	if s != nil {
		v := resolve.NewValue(*s)
		r.c[key] = &v
	}
	return true
}

// fault notes an error with its line, so many bytes before what was read last.
func (r *changesReader) fault(before int, err error) {
	if bytes.IndexByte(bytes.TrimSpace(r.b), '\n') >= 0 {
		err = fmt.Errorf("line %d: %w", 1+bytes.Count(r.b[:int(r.d.InputOffset())-before], []byte("\n")), err)
	}
	r.faults = append(r.faults, err)
}

// maxFaults bounds how many faults of one object an error joins.
const maxFaults = 20

// notString is the error of a value of another type, by its first byte.
func notString(key string, first byte) error {
	kind := "a number"
	switch first {
	case '{':
		kind = "an object"
	case '[':
		kind = "an array"
	case 't', 'f':
		kind = "a boolean"
	}
	err := fmt.Errorf("%w value of %s: want a string, not %s", resolve.ErrInvalid, key, kind)
	if first != '{' && first != '[' {
		err = resolve.WithHint(err, "write it in quotes, as a string")
	}
	return err
}

// flawOf says what encoding/json would replace in a JSON string; "" is nothing.
func flawOf(raw []byte) string {
	if !utf8.Valid(raw) {
		return "not UTF-8"
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		if r := escaped(raw[i:]); !utf16.IsSurrogate(r) {
			i++ // at least; the rest of the escape contains no backslash
		} else if utf16.DecodeRune(r, escaped(raw[i+6:])) == unicode.ReplacementChar {
			return "half of a surrogate pair"
		} else {
			i += 11
		}
	}
	return ""
}

// escaped is the code of a \uXXXX at the start of b, or -1.
func escaped(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
