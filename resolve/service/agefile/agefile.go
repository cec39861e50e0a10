// Package agefile is how a backup is encrypted: as an age file. It stands apart
// from package service so that the wrapper, which runs on a service and never
// makes a backup, does not carry age into every container.
//
// Start with Encrypt, for service.Config, and Decrypt, for
// service.RestoreConfig. It promises: no error quotes what it was given, which
// may be an identity in a recipient's place.
package agefile

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"github.com/squire-env/squire/resolve"
)

// maxRecipients bounds the header of the file.
const maxRecipients = 100

// Encrypt reads the recipients, age1…, and gives what encrypts to them, and to
// nobody else. What is written is whole once the writer is closed.
func Encrypt(recipients []string) (func(io.Writer) (io.WriteCloser, error), error) {
	to, err := parseRecipients(recipients)
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, to...) }, nil
}

func parseRecipients(texts []string) (all []age.Recipient, err error) {
	const hint = "age-keygen -o key.txt makes an identity, and prints its recipient"
	if len(texts) == 0 {
		return nil, resolve.WithHint(fmt.Errorf("%w backup: it needs a recipient, age1…", resolve.ErrInvalid), hint)
	}
	if len(texts) > maxRecipients {
		return nil, fmt.Errorf("%w backup: %d recipients, and at most %d are allowed", resolve.ErrInvalid, len(texts), maxRecipients)
	}
	var faults []error
	for i, text := range texts {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
		if err != nil { // its own text quotes what may be an identity
			faults = append(faults, resolve.WithHint(fmt.Errorf("%w recipient %d: want age1…", resolve.ErrInvalid, i+1), hint))
			continue
		}
		all = append(all, r)
	}
	return all, errors.Join(faults...)
}

// Decrypt gives what opens a backup with any one of the identities. Without an
// identity it is nil: nothing opens one.
func Decrypt(identities ...age.Identity) func(io.Reader) (io.Reader, error) {
	if len(identities) == 0 {
		return nil
	}
	return func(in io.Reader) (io.Reader, error) {
		plain, err := age.Decrypt(in, identities...)
		var none *age.NoIdentityMatchError
		switch {
		case errors.As(err, &none): // a damaged header looks like one for somebody else
			return nil, resolve.WithHint(fmt.Errorf("no identity opens the backup, or it is %w", resolve.ErrCorrupt), "squired restore --identity FILE, of a recipient that it was made for")
		case err != nil:
			return nil, fmt.Errorf("%w backup: it is no age file, or its beginning is damaged", resolve.ErrCorrupt)
		}
		return plain, nil
	}
}
