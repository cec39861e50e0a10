package api

import (
	"fmt"
	"time"

	"github.com/squire-env/squire/resolve"
)

// TimeLayout has exactly nine fractional digits and Z, so that times sort as
// text.
const TimeLayout = "2006-01-02T15:04:05.000000000Z"

// Time is a time with the JSON form of TimeLayout.
type Time struct{ time.Time }

// NewTime converts t to UTC, without its monotonic reading.
func NewTime(t time.Time) Time { return Time{t.UTC().Round(0)} }

func (t Time) String() string { return t.UTC().Format(TimeLayout) }

// MarshalText writes TimeLayout.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalJSON writes TimeLayout; without it, that of time.Time would be promoted.
func (t Time) MarshalJSON() ([]byte, error) { return []byte(`"` + t.String() + `"`), nil }

// UnmarshalText reads any RFC 3339 time.
func (t *Time) UnmarshalText(b []byte) error {
	p, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return fmt.Errorf("%w time: want RFC 3339, such as 2026-11-23T12:00:00Z", resolve.ErrInvalid)
	}
	*t = NewTime(p)
	return nil
}

// UnmarshalJSON reads any RFC 3339 time in a JSON string.
func (t *Time) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' {
		return fmt.Errorf("%w time: want a string", resolve.ErrInvalid)
	}
	return t.UnmarshalText(b[1 : len(b)-1])
}
