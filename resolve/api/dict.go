package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// EnvDict is a secret's keys and values as they cross a wire. Its JSON holds
// the values: it is the only type of squire whose JSON does.
type EnvDict map[string]resolve.Value

// MarshalJSON writes the values themselves, as {"KEY":"value"}, keys sorted.
func (d EnvDict) MarshalJSON() ([]byte, error) {
	plain := make(map[string]string, len(d))
	for k, v := range d {
		plain[k] = v.Reveal()
	}
	return marshalPlain(plain)
}

// UnmarshalJSON reads {"KEY":"value"}; another type than string is refused by
// the key's name.
func (d *EnvDict) UnmarshalJSON(b []byte) error {
	c, err := unmarshalChanges(b)
	if err != nil {
		return err
	}
	*d = make(EnvDict, len(c))
	for k, v := range c {
		if v == nil {
			return fmt.Errorf("%w value of %s: null, want a string", resolve.ErrInvalid, k)
		}
		(*d)[k] = *v
	}
	return nil
}

// EnvChanges are changes to a secret: nil (null on the wire) removes a key.
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

// marshalPlain leaves < > & as they are: nothing here is ever put in a page.
func marshalPlain(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// unmarshalChanges reads one object of strings and nulls. A key that stands
// twice is refused, since readers differ in which one counts; so is a broken
// surrogate, which encoding/json would silently make another character.
func unmarshalChanges(b []byte) (EnvChanges, error) {
	if c, ok := parseChanges(b); ok {
		return c, nil
	}
	wrong := fmt.Errorf("%w JSON: want one object of strings", resolve.ErrInvalid) // encoding/json's own text may quote what it read
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, wrong
	}
	c := EnvChanges{}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return nil, wrong
		}
		if err := resolve.CheckKey(key); err != nil {
			return nil, err
		}
		if _, twice := c[key]; twice {
			return nil, fmt.Errorf("%w JSON: the key %s stands twice", resolve.ErrInvalid, key)
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, wrong
		}
		var s *string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("%w value of %s: want a string", resolve.ErrInvalid, key)
		}
		c[key] = nil
		if s != nil {
			if strings.ContainsRune(*s, '\ufffd') && !bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`)) && !bytes.ContainsRune(raw, '\ufffd') {
				return nil, fmt.Errorf("%w value of %s: half of a surrogate pair", resolve.ErrInvalid, key)
			}
			v := resolve.NewValue(*s)
			c[key] = &v
		}
	}
	if t, err := d.Token(); err != nil || t != json.Delim('}') {
		return nil, wrong
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, wrong
	}
	return c, nil
}
