package help

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// step is one command of a console block, and what the document says it
// prints.
type step struct {
	line    int
	command string
	want    []string
}

func steps(blocks []block) (all []step) {
	for _, b := range blocks {
		if b.info != "console" {
			continue
		}
		for i, line := range b.lines {
			if command, isCommand := strings.CutPrefix(line, "$ "); isCommand {
				all = append(all, step{line: b.line + i, command: command})
			} else if len(all) > 0 {
				all[len(all)-1].want = append(all[len(all)-1].want, line)
			}
		}
	}
	return all
}

// TestConsole runs every console block: all of a document's in one shell and
// one home, with s3cret at standard input. Where a document shows what a
// command prints, it must print that, … being anything. It must succeed,
// unless what is shown is an error of squire's.
func TestConsole(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh")
	}
	for _, d := range documents(t) {
		blocks, _ := d.blocks()
		all := steps(blocks)
		if len(all) == 0 {
			continue
		}
		t.Run(d.name(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if d.path != "README.md" {
				w.store()
			}
			w.run(d, all)
		})
	}
}

// world is a home where the examples' files and secrets are.
type world struct {
	*testing.T
	dir     string
	environ []string
	address string // of its server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir()}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		".env":             "LOG_LEVEL=info\n",
		".env-dev":         "DEV=1\n",
		"config/app.env":   "FROM=file\n",
		"server":           "#!/bin/sh\n",
		"stdin":            "s3cret",
		"key.txt":          identity.String() + "\n",
		"home/placeholder": "",
	} {
		path := filepath.Join(w.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(w.dir, "server"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.address = l.Addr().String()
	l.Close()
	w.environ = []string{
		"HOME=" + filepath.Join(w.dir, "home"), "PATH=" + programs + string(os.PathListSeparator) + os.Getenv("PATH"),
		"AWS_REGION=eu-central-1", "RECIPIENT=" + identity.Recipient().String(), "SQUIRED_LISTEN=" + w.address,
		"SQUIRED_DATA_DIR=" + filepath.Join(w.dir, "served"), "SQUIRED_MASTER_KEY_FILE=" + filepath.Join(w.dir, "served.key"),
	}
	return w
}

// store puts the secrets of the examples into the embedded store.
func (w *world) store() {
	w.Helper()
	for _, secret := range []string{"db PGUSER=app PGPASSWORD=s3cret", "stripe STRIPE_KEY=s3cret"} {
		cmd := w.command("squire", strings.Fields("secret create "+secret)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			w.Fatalf("%v\n%s", err, out)
		}
	}
}

func (w *world) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(programs, program), args...)
	cmd.Dir, cmd.Env = w.dir, w.environ
	return cmd
}

// run makes one script of all steps, so that what one exports the next has.
func (w *world) run(d document, all []step) {
	w.Helper()
	var script strings.Builder
	script.WriteString("server=\ntrap 'test -z \"$server\" || kill $server; wait' EXIT\n")
	for i, s := range all {
		command := strings.ReplaceAll(s.command, "127.0.0.1:7878", w.address)
		if strings.HasPrefix(command, "squired serve") {
			command, _, _ = strings.Cut(command, " #")
			fmt.Fprintf(&script, "%s >out.%d 2>&1 &\nserver=$!\n", command, i)
			fmt.Fprintf(&script, "until grep -q 'squired answers at' out.%d; do kill -0 $server || exit 1; sleep 0.02; done\n", i)
			fmt.Fprintf(&script, "first=$(grep '^squire_' out.%d); unset SQUIRED_DATA_DIR SQUIRED_MASTER_KEY_FILE; echo 0 >code.%d\n", i, i)
			continue
		}
		command = strings.ReplaceAll(command, "SQUIRE_TOKEN=squire_…", "SQUIRE_TOKEN=$first")
		if strings.HasPrefix(command, "squired ") { // of the embedded store
			command = "SQUIRED_DATA_DIR= SQUIRED_MASTER_KEY_FILE= " + command
		}
		fmt.Fprintf(&script, "{ %s\n} >out.%d 2>&1 <stdin\necho $? >code.%d\n", command, i, i)
	}
	cmd := exec.Command("sh", "-s")
	cmd.Dir, cmd.Env, cmd.Stdin = w.dir, w.environ, strings.NewReader(script.String())
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stderr, &stderr
	if err := cmd.Run(); err != nil {
		w.Errorf("%s: %v\n%s", d.path, err, stderr.String())
	}
	for i, s := range all {
		out, code := w.read("out", i), w.read("code", i)
		fails := strings.Contains(strings.Join(s.want, "\n"), "squire: error: ") && !strings.Contains(s.command, "||")
		if (code != "0") != fails {
			w.Errorf("%s:%d: $ %s\nexit code %s, and prints\n%s", d.path, s.line, s.command, code, out)
		}
		if len(s.want) > 0 && !looksLike(strings.Join(s.want, "\n"), out) {
			w.Errorf("%s:%d: $ %s\nthe document says\n%s\nit prints\n%s", d.path, s.line, s.command, strings.Join(s.want, "\n"), out)
		}
	}
}

func (w *world) read(what string, i int) string {
	b, err := os.ReadFile(filepath.Join(w.dir, fmt.Sprintf("%s.%d", what, i)))
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(b))
}

// looksLike compares texts; … in want is any text.
func looksLike(want, got string) bool {
	parts := strings.Split(strings.TrimSpace(want), "…")
	rest, ok := strings.CutPrefix(got, parts[0])
	for i, part := range parts[1:] {
		if !ok {
			return false
		}
		if i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		_, rest, ok = strings.Cut(rest, part)
	}
	return ok && rest == ""
}
