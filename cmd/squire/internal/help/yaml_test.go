package help

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve/service/serve/oidc"
)

// TestYAML reads each YAML block with the program that is to read it: the
// word after yaml says which.
func TestYAML(t *testing.T) {
	truth, err := exec.LookPath("true")
	if err != nil {
		t.Skip("no true(1)")
	}
	for _, d := range documents(t) {
		blocks, _ := d.blocks()
		for _, b := range blocks {
			language, kind, _ := strings.Cut(b.info, " ")
			if language != "yaml" {
				continue
			}
			t.Run(d.name()+"/"+kind, func(t *testing.T) {
				w := newWorld(t)
				path := filepath.Join(w.dir, "squire.yaml")
				text := b.text()
				if kind == "oidc" { // its files are not here
					path = filepath.Join(w.dir, "oidc.yaml")
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				switch kind {
				case "squire.yaml":
					w.store()
					if out, err := w.command("squire", "run", "--", truth).CombinedOutput(); err != nil {
						t.Errorf("%s:%d: %v\n%s", d.path, b.line, err, out)
					}
				case "oidc":
					if _, err := oidc.Read(path); err != nil {
						t.Errorf("%s:%d: %v", d.path, b.line, err)
					}
				case "pod": // Kubernetes'; the end-to-end tests have one
				default:
					t.Errorf("%s:%d: say after yaml what reads it: squire.yaml, oidc or pod", d.path, b.line)
				}
			})
		}
	}
}
