package cli

import (
	"errors"
	"os"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// CheckShell refuses a path that was written with ~ or $NAME at its beginning and
// does not exist: a shell would have replaced it, and without one a folder of that
// name would be made, or an optional file not be found.
func CheckShell(written, path string) error {
	if written == "" || written[0] != '~' && written[0] != '$' {
		return nil
	}
	user, rest, _ := strings.Cut(written[1:], "/")
	if written[0] == '~' && rest == "" && user != "" { // a name such as ~draft
		return nil
	}
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if written[0] == '$' {
		return resolve.WithHint(errors.New("only a shell replaces $NAME, and not in single quotes"),
			"in a shell use double quotes, elsewhere write the whole path")
	}
	if user != "" || strings.ContainsFunc(rest, func(r rune) bool { return r != '/' && !resolve.IsUsualName(string(r)) }) {
		rest = "..."
	}
	return resolve.WithHint(errors.New("only a shell replaces ~, where it begins a word and is not in quotes"),
		`in a shell "%s", elsewhere the whole path`, strings.TrimSuffix("$HOME/"+rest, "/"))
}
