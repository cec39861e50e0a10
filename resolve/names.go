package resolve

import (
	"fmt"
	"unicode/utf8"
)

// The limits for stored secrets: those of modal and of the kernel, so that what
// is stored can always be passed to a command.
const (
	MaxNameLength   = 64      // characters of a secret's or an environment's name
	MaxKeyLength    = 16384   // characters of a key
	MaxValueLength  = 32768   // characters of a value
	MaxStringLength = 131071  // bytes of NAME=value: the kernel's MAX_ARG_STRLEN less its NUL
	MaxSecretLength = 1 << 19 // bytes of a secret's keys and values together
)

// CheckName reports whether a secret may have this name: 1 to 64 of A-Z a-z 0-9
// - _ . but not "." or "..". The error is an ErrInvalid.
func CheckName(name string) error { return checkName("secret", name) }

// CheckEnvironment reports whether an environment may have this name: as
// CheckName, and it begins with a letter or digit.
func CheckEnvironment(name string) error {
	if err := checkName("environment", name); err != nil {
		return err
	}
	if c := name[0]; c == '-' || c == '_' || c == '.' {
		return fmt.Errorf("%w environment name %q: it begins with a letter or digit", ErrInvalid, name)
	}
	return nil
}

func checkName(what, name string) error {
	ok := len(name) > 0 && len(name) <= MaxNameLength && name != "." && name != ".."
	for i := 0; ok && i < len(name); i++ {
		c := name[i]
		ok = isAlnum(c) || c == '-' || c == '_' || c == '.'
	}
	if !ok {
		return fmt.Errorf("%w %s name %s: want 1 to %d of A-Z a-z 0-9 . _ -", ErrInvalid, what, QuoteName(name), MaxNameLength)
	}
	return nil
}

// CheckKey reports whether a stored key is a POSIX name of at most 16,384
// characters. The error is an ErrInvalid.
func CheckKey(key string) error {
	ok := len(key) > 0 && len(key) <= MaxKeyLength && !(key[0] >= '0' && key[0] <= '9')
	for i := 0; ok && i < len(key); i++ {
		ok = isAlnum(key[i]) || key[i] == '_'
	}
	if !ok {
		return fmt.Errorf("%w key %s: want a letter or _, then letters, digits and _, at most %d characters", ErrInvalid, QuoteName(key), MaxKeyLength)
	}
	return nil
}

// CheckValue reports whether a value may be stored: UTF-8 without NUL, at most
// 32,768 characters, and with its key at most 131,071 bytes. The error is an
// ErrInvalid and names the key, never the value.
func CheckValue(key string, v Value) error {
	text := v.Reveal()
	if !utf8.ValidString(text) {
		return WithHint(fmt.Errorf("%w value of %s: not UTF-8", ErrInvalid, key), "store it as text: base64 -w0 FILE | squire secret update NAME %s=-", key)
	}
	for i := 0; i < len(text); i++ {
		if text[i] == 0 {
			return WithHint(fmt.Errorf("%w value of %s: it contains a NUL byte, which an environment variable cannot", ErrInvalid, key), "store it as text: base64 -w0 FILE | squire secret update NAME %s=-", key)
		}
	}
	if n := utf8.RuneCountInString(text); n > MaxValueLength {
		return fmt.Errorf("%w value of %s: %d characters, and at most %d can be stored", ErrInvalid, key, n, MaxValueLength)
	}
	if n := len(key) + 1 + len(text); n > MaxStringLength {
		return fmt.Errorf("%w value of %s: %d bytes with its name, and at most %d can be exec'd", ErrInvalid, key, n, MaxStringLength)
	}
	return nil
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// IsUsualName reports whether a message may contain a name from input: only
// letters, digits, _ . and -. Any other may be part of a value, such as KEY:VALUE,
// or a URL with a password.
func IsUsualName(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; !isAlnum(c) && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// ShowName returns a name for a message, unless it may contain a value.
func ShowName(name string) string {
	if !IsUsualName(name) {
		return "(not shown: an unusual name)"
	}
	return name
}

// QuoteName is ShowName in quotes; for a text that is too long for a name, only
// its size.
func QuoteName(name string) string {
	switch {
	case len(name) > MaxNameLength:
		return fmt.Sprintf("of %d bytes", len(name))
	case !IsUsualName(name):
		return ShowName(name)
	}
	return `"` + name + `"`
}

// IsOwnCredential reports whether a variable is one of squire's credentials, which
// are passed to no command and are not visible to ${…}. Variables that contain the
// path of a file with a credential are not.
func IsOwnCredential(name string) bool {
	switch name {
	case "SQUIRE_TOKEN", "SQUIRE_CACHE_KEY", "SQUIRE_MASTER_KEY",
		"SQUIRED_TOKEN", "SQUIRED_CACHE_KEY", "SQUIRED_MASTER_KEY", "SQUIRED_DATABASE_URL":
		return true
	}
	return false
}
