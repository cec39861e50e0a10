package resolve

import (
	"fmt"
	"unicode/utf8"
)

// The limits of what may be stored: modal's own, and the kernel's, so that
// what is stored can always be exec'd.
const (
	MaxNameLength   = 64      // characters of a secret's or an environment's name
	MaxKeyLength    = 16384   // characters of a key
	MaxValueLength  = 32768   // characters of a value
	MaxStringLength = 131071  // bytes of NAME=value: the kernel's MAX_ARG_STRLEN less its NUL
	MaxSecretLength = 1 << 19 // bytes of a secret's keys and values together
)

// CheckName says whether a secret may be called so: 1 to 64 of A-Z a-z 0-9 - _ .
// and neither "." nor "..". The error is an ErrInvalid.
func CheckName(name string) error { return checkName("secret", name) }

// CheckEnvironment says whether an environment may be called so: as CheckName,
// and it begins with a letter or digit.
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

// CheckKey says whether a stored key is a POSIX name of at most 16,384
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

// CheckValue says whether key's value may be stored: UTF-8 without NUL, at
// most 32,768 characters, and with its key at most 131,071 bytes. The error is
// an ErrInvalid, and names the key, never the value.
func CheckValue(key string, v Value) error {
	text := v.Reveal()
	if !utf8.ValidString(text) {
		return WithHint(fmt.Errorf("%w value of %s: not UTF-8", ErrInvalid, key), "store it as text: base64 -w0 FILE | squire secret update NAME %s=-", key)
	}
	for i := 0; i < len(text); i++ {
		if text[i] == 0 {
			return WithHint(fmt.Errorf("%w value of %s: it holds a NUL byte, which no environment can", ErrInvalid, key), "store it as text: base64 -w0 FILE | squire secret update NAME %s=-", key)
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

// IsUsualName says whether a message may hold a name from input: letters,
// digits, _ . and - only. Any other may be a piece of a value: KEY:VALUE, or a
// URL with a password.
func IsUsualName(name string) bool {
	for i := 0; i < len(name); i++ {
		if c := name[i]; !isAlnum(c) && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// ShowName is a name for a message, if it is a usual one.
func ShowName(name string) string {
	if !IsUsualName(name) {
		return "(not shown: an unusual name)"
	}
	return name
}

// QuoteName is ShowName in quotes, and only the size of what is too long for
// a name.
func QuoteName(name string) string {
	switch {
	case len(name) > MaxNameLength:
		return fmt.Sprintf("of %d bytes", len(name))
	case !IsUsualName(name):
		return ShowName(name)
	}
	return `"` + name + `"`
}

// IsOwnCredential is true of the variables that open squire's own doors. They
// reach no child and no ${…}. Their _FILE siblings hold a path, and stay, as
// every other SQUIRE_ variable.
func IsOwnCredential(name string) bool {
	switch name {
	case "SQUIRE_TOKEN", "SQUIRE_CACHE_KEY", "SQUIRE_MASTER_KEY",
		"SQUIRED_TOKEN", "SQUIRED_CACHE_KEY", "SQUIRED_MASTER_KEY", "SQUIRED_DATABASE_URL":
		return true
	}
	return false
}
