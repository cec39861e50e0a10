package resolve

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Redacted is what every Value prints.
const Redacted = "[redacted]"

// Value is the plaintext of one variable. It prints as [redacted] under every
// fmt verb, encoder and logger; only Reveal returns the text.
//
// The text is behind a pointer, since formatters do not always call its methods:
// fmt does not for a value in an unexported field, or for an invalid verb (%p), and
// prints the fields instead. Then it prints an address.
//
// The zero Value is the empty text. Values are not comparable; use Equal.
type Value struct {
	_    [0]func()
	text *string
}

// NewValue wraps a plaintext.
func NewValue(text string) Value { return Value{text: &text} }

// Reveal returns the plaintext. Its callers are exec, the code that writes files,
// --reveal, and the JSON type of resolve/api.
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

// Every formatter and encoder has its own method; value_test.go tries all of them.

func (Value) String() string                 { return Redacted }
func (Value) GoString() string               { return Redacted }
func (Value) Format(s fmt.State, _ rune)     { _, _ = s.Write([]byte(Redacted)) }
func (Value) MarshalText() ([]byte, error)   { return []byte(Redacted), nil }
func (Value) MarshalJSON() ([]byte, error)   { return []byte(`"` + Redacted + `"`), nil }
func (Value) MarshalYAML() (any, error)      { return Redacted, nil }
func (Value) MarshalBinary() ([]byte, error) { return []byte(Redacted), nil }
func (Value) LogValue() slog.Value           { return slog.StringValue(Redacted) }

// UnmarshalText reads a value from a variable or a flag. It rejects [redacted],
// since a printed Value cannot be read back.
func (v *Value) UnmarshalText(text []byte) error {
	if string(text) == Redacted {
		return fmt.Errorf("%w value: it is the text %s", ErrInvalid, Redacted)
	}
	*v = NewValue(string(text))
	return nil
}
