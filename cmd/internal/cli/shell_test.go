package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/squire-env/squire/resolve"
)

func TestCheckShell(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Join("~", "there"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("$there", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"": "", "a": "", "./~/a": "", "/~/a": "", "a~": "", "~draft": "", "~/there": "", "~": "",
		"$HOME/a":     "in a shell use double quotes, elsewhere write the whole path",
		"${HOME}/a":   "in a shell use double quotes, elsewhere write the whole path",
		"$there":      "",
		"a$b":         "",
		"~/a":         `in a shell "$HOME/a", elsewhere the whole path`,
		"~/a/b.env":   `in a shell "$HOME/a/b.env", elsewhere the whole path`,
		"~other/a":    `in a shell "$HOME/...", elsewhere the whole path`,
		"~/p:hunter2": `in a shell "$HOME/...", elsewhere the whole path`,
	} {
		if got := resolve.Hint(CheckShell(path, path)); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
