package resolve

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Redacted is all that a Value ever prints.
const Redacted = "[redacted]"

// Value is the plaintext of one variable. It prints as [redacted] under every
// fmt verb, encoder and logger; Reveal is the only way out.
//
// The text stands behind a pointer, because the formatters cannot be trusted
// to ask: fmt calls no method of a value in an unexported field, nor after a
// bad verb (%p), and prints what it finds there. What it finds is an address.
//
// The zero Value is the empty text. A Value is not comparable; use Equal.
type Value struct {
	_    [0]func()
	text *string
}

// NewValue wraps a plaintext.
func NewValue(text string) Value { return Value{text: &text} }

// Reveal returns the plaintext. Its callers are exec, the writing of files,
// what a user asked to be revealed, and the wire type of resolve/api.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// Len is the length of the plaintext in bytes.
func (v Value) Len() int { return len(v.Reveal()) }

// Equal compares two plaintexts, in a time that depends on their lengths only.
func (v Value) Equal(o Value) bool {
	return subtle.ConstantTimeCompare([]byte(v.Reveal()), []byte(o.Reveal())) == 1
}

// Every door below is shut by hand; value_test.go tries them all.

func (Value) String() string                 { return Redacted }
func (Value) GoString() string               { return Redacted }
func (Value) Format(s fmt.State, _ rune)     { _, _ = s.Write([]byte(Redacted)) }
func (Value) MarshalText() ([]byte, error)   { return []byte(Redacted), nil }
func (Value) MarshalJSON() ([]byte, error)   { return []byte(`"` + Redacted + `"`), nil }
func (Value) MarshalYAML() (any, error)      { return Redacted, nil }
func (Value) MarshalBinary() ([]byte, error) { return []byte(Redacted), nil }
func (Value) LogValue() slog.Value           { return slog.StringValue(Redacted) }

// UnmarshalText is the way in from a variable or a flag. What was printed as
// [redacted] is no value any more.
func (v *Value) UnmarshalText(text []byte) error {
	if string(text) == Redacted {
		return fmt.Errorf("%w value: it reads %s", ErrInvalid, Redacted)
	}
	*v = NewValue(string(text))
	return nil
}
