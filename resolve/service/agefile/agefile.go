// Package agefile encrypts backups with age. It is not part of package service, so
// that age is not linked into the wrapper, which makes no backups.
//
// Start with Encrypt, for service.Config, and Decrypt, for service.RestoreConfig.
// It promises that no error quotes its arguments: one may be an identity by
// mistake. The package makes no promise of compatibility to programs that import
// it.
package agefile

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"

	"github.com/squire-env/squire/resolve"
)

// maxRecipients limits the header of the file.
const maxRecipients = 100

// Encrypt parses the recipients, age1…, and returns a function that encrypts to
// them only. The file is complete once its writer is closed.
func Encrypt(recipients []string) (func(io.Writer) (io.WriteCloser, error), error) {
	to, err := parseRecipients(recipients)
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) (io.WriteCloser, error) { return age.Encrypt(w, to...) }, nil
}

func parseRecipients(texts []string) (all []age.Recipient, err error) {
	const hint = "age-keygen -o key.txt creates an identity and prints its recipient"
	if len(texts) == 0 {
		return nil, resolve.WithHint(fmt.Errorf("%w backup: no recipient (age1…)", resolve.ErrInvalid), hint)
	}
	if len(texts) > maxRecipients {
		return nil, fmt.Errorf("%w backup: %d recipients, and at most %d are allowed", resolve.ErrInvalid, len(texts), maxRecipients)
	}
	var faults []error
	for i, text := range texts {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(text))
		if err != nil { // age's own text quotes the input, which may be an identity
			faults = append(faults, resolve.WithHint(fmt.Errorf("%w recipient %d: want age1…", resolve.ErrInvalid, i+1), hint))
			continue
		}
		all = append(all, r)
	}
	return all, errors.Join(faults...)
}

// Decrypt returns a function that decrypts a backup with any one of the
// identities; nil without identities.
func Decrypt(identities ...age.Identity) func(io.Reader) (io.Reader, error) {
	if len(identities) == 0 {
		return nil
	}
	return func(in io.Reader) (io.Reader, error) {
		plain, err := age.Decrypt(in, identities...)
		var none *age.NoIdentityMatchError
		switch {
		case errors.As(err, &none): // a damaged header looks like one for other recipients
			return nil, resolve.WithHint(fmt.Errorf("no identity opens the backup, or it is %w", resolve.ErrCorrupt), "squired restore --identity FILE, with the identity of a recipient of the backup")
		case err != nil:
			return nil, fmt.Errorf("%w backup: it is not an age file, or its header is damaged", resolve.ErrCorrupt)
		}
		return plain, nil
	}
}
