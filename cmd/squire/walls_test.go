package main

import (
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/squire-env/squire"

// wall forbids imports. A pattern is a path of package path.Match, and "x/..." is
// x and all below it. A new package of a kind that is here already needs no new
// wall.
type wall struct {
	from   string // these packages
	not    string // import none of these
	but    string // save for these; white space between
	direct bool   // only their own imports count, not what those import
}

// walls are those of .github/CONTRIBUTING.md.
var walls = []wall{
	// Imports point down: cmd → inject → resolve.
	{from: "resolve/...", not: "inject/..."},
	{from: "resolve/...", not: "cmd/..."},
	{from: "inject/...", not: "cmd/..."},

	{from: "resolve", not: "...", but: "resolve/dotenv"},
	{from: "resolve/dotenv", not: "..."},
	{from: "resolve/filewatch", not: "..."},
	{from: "resolve/atomicfile", not: "..."},
	{from: "resolve/api", not: "...", but: "resolve resolve/dotenv"},
	{from: "resolve/api/client", not: "resolve/service/..."},
	{from: "resolve/api/client", not: "resolve/provider/..."},
	{from: "resolve/service/...", not: "resolve/provider/...", but: "resolve/providertest"},
	{from: "resolve/provider/*", not: "resolve/provider/*", direct: true}, // providers do not know each other
	{from: "resolve/provider/...", not: "resolve/service/serve/..."},
	{from: "resolve/provider/...", not: "resolve/service/postgres/..."},

	{from: "resolve/service/internal/store/...", not: "resolve/service/internal/seal"},
	{from: "resolve/service/internal/store", not: "resolve/service/internal/store/..."},
	{from: "resolve/service/internal/seal", not: "resolve/service/internal/store/..."},
	{from: "resolve/service/web", not: "...", but: "resolve resolve/dotenv resolve/api"},
	{from: "resolve/service", not: "resolve/service/serve/..."},
	{from: "resolve/service", not: "resolve/service/postgres/..."},

	{from: "inject/...", not: "resolve/provider/..."},
	{from: "inject/...", not: "resolve/service/..."},
	{from: "inject", not: "inject/*"},
	{from: "inject/change", not: "..."},
	{from: "inject/signals", not: "..."},
	{from: "inject/room", not: "..."},
	{from: "inject/plan", not: "...", but: "inject inject/change resolve", direct: true},
	{from: "inject/refresh", not: "inject/supervise"},
	{from: "inject/status", not: "inject/supervise"},

	// A family of commands does not know another, nor squire's main package.
	{from: "cmd/squire/internal/*", not: "cmd/squire/internal/*", but: "cmd/squire/internal/app cmd/squire/internal/config"},
	{from: "cmd/internal/*", not: "cmd/squire/..."},
	{from: "cmd/internal/*", not: "cmd/squired/..."},
	{from: "cmd/squire/...", not: "cmd/squired/..."},
	{from: "cmd/squire/...", not: "resolve/service/serve/..."},
	{from: "cmd/squire/...", not: "resolve/service/postgres/..."},
	{from: "cmd/squire/...", not: "resolve/service/web/..."},
}

// matches says whether a package is one of a pattern.
func matches(pattern, pkg string) bool {
	if root, all := strings.CutSuffix(pattern, "..."); all {
		return root == "" || pkg == strings.TrimSuffix(root, "/") || strings.HasPrefix(pkg, root)
	}
	ok, _ := path.Match(pattern, pkg)
	return ok
}

// TestWalls holds the walls of the house.
func TestWalls(t *testing.T) {
	type imports struct{ direct, deps []string }
	house := map[string]imports{}
	for _, line := range list(t, `{{.ImportPath}}|{{join .Imports " "}}|{{join .Deps " "}}`, module+"/...") {
		parts := strings.Split(line, "|")
		house[strings.TrimPrefix(parts[0], module+"/")] = imports{ours(parts[1]), ours(parts[2])}
	}
	for _, w := range walls {
		used := false
		for pkg, its := range house {
			if !matches(w.from, pkg) {
				continue
			}
			used = true
			reached := its.deps
			if w.direct {
				reached = its.direct
			}
			for _, to := range reached {
				if to != pkg && matches(w.not, to) && !slices.ContainsFunc(strings.Fields(w.but), func(p string) bool { return matches(p, to) }) {
					t.Errorf("forbidden edge: %s → %s", pkg, to)
				}
			}
		}
		if !used && w.from != "resolve/service/web" { // which is to come
			t.Errorf("no package is behind the wall %+v", w)
		}
	}
}

// ours are the packages of this module among import paths.
func ours(paths string) (all []string) {
	for _, p := range strings.Fields(paths) {
		if own, ok := strings.CutPrefix(p, module+"/"); ok {
			all = append(all, own)
		}
	}
	return all
}

// TestWhatTheWrapperDoesNotCarry is for the size and the start of every container.
func TestWhatTheWrapperDoesNotCarry(t *testing.T) {
	for _, pkg := range list(t, "{{.ImportPath}}", "-deps", module+"/cmd/squire") {
		for _, heavy := range []string{
			"github.com/jackc/pgx", "github.com/pressly/goose", "github.com/coreos/go-oidc", "filippo.io/age", "html/template", "go.yaml.in/yaml", "testing",
		} {
			if pkg == heavy || strings.HasPrefix(pkg, heavy+"/") {
				t.Errorf("cmd/squire carries %s", pkg)
			}
		}
	}
	for _, pkg := range list(t, "{{if not .Standard}}{{.ImportPath}}{{end}}", "-deps", module+"/resolve") {
		if pkg != module+"/resolve" && pkg != module+"/resolve/dotenv" {
			t.Errorf("resolve is standard library only, and carries %s", pkg)
		}
	}
	// cobra imports text/template; the linker leaves it out while nothing calls it.
	binary, err := os.ReadFile(squireBinary)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(binary), "text/template.(*Template)") {
		t.Error("text/template is linked into squire")
	}
	if !strings.Contains(string(binary), "cobra.(*Command)") {
		t.Error("the names of functions are not in the binary: the check above checks nothing")
	}
}

// TestRooms holds that cmd/squire itself is the table of its commands, no more.
func TestRooms(t *testing.T) {
	if files := list(t, `{{join .GoFiles "\n"}}`, module+"/cmd/squire"); !slices.Equal(files, []string{"main.go", "squire.go"}) {
		t.Errorf("cmd/squire has %q", files)
	}
}

func list(t *testing.T, format string, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-f", format}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}
