package api

import (
	"encoding/json"
	"fmt"

	"github.com/squire-env/squire/resolve"
)

// Credential is the text of a new token, for the caller who created it. Its JSON
// contains the text; everything else prints [redacted].
type Credential struct{ text resolve.Value }

// NewCredential wraps the text of a token.
func NewCredential(text string) Credential { return Credential{resolve.NewValue(text)} }

// Reveal returns the text.
func (c Credential) Reveal() string { return c.text.Reveal() }

func (c Credential) String() string             { return resolve.Redacted }
func (c Credential) GoString() string           { return resolve.Redacted }
func (c Credential) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(resolve.Redacted)) }

// MarshalJSON writes the text itself.
func (c Credential) MarshalJSON() ([]byte, error) { return json.Marshal(c.text.Reveal()) }

// UnmarshalJSON reads it.
func (c *Credential) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("%w token: want a string", resolve.ErrInvalid)
	}
	*c = NewCredential(text)
	return nil
}
