package cli

import (
	"errors"
	"os"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// CheckTilde refuses a path that was written with ~ at its beginning and does not
// exist: a shell would have replaced it, and without one a folder of that name
// would be made, or an optional file not be found.
func CheckTilde(written, path string) error {
	if !strings.HasPrefix(written, "~") {
		return nil
	}
	user, rest, _ := strings.Cut(written[1:], "/")
	if rest == "" && user != "" { // a name such as ~draft
		return nil
	}
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if user != "" || strings.ContainsFunc(rest, func(r rune) bool { return r != '/' && !resolve.IsUsualName(string(r)) }) {
		rest = "..."
	}
	return resolve.WithHint(errors.New("only a shell replaces ~, where it begins a word and is not in quotes"),
		`in a shell "%s", elsewhere the whole path`, strings.TrimSuffix("$HOME/"+rest, "/"))
}
