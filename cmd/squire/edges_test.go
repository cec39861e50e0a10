package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/squire-env/squire"

// TestImportsPointDown holds the walls of the house: cmd → inject → resolve,
// cmd/squire → provider → {client, service} → api → resolve, and what no
// container should carry.
func TestImportsPointDown(t *testing.T) {
	imports := list(t, `{{.ImportPath}} {{join .Imports " "}}`, module+"/...")
	may := map[string][]string{ // what of ours each may import; "…" for whatever is below a folder
		"resolve/dotenv":     {},
		"resolve":            {"resolve/dotenv"},
		"resolve/atomicfile": {},
		"resolve/filewatch":  {},
		"resolve/typo":       {},
		"resolve/api":        {"resolve"},

		"inject":             {"resolve"},
		"inject/change":      {},
		"inject/plan":        {"inject", "inject/change", "resolve", "resolve/dotenv"},
		"inject/supervise":   {"inject", "inject/change", "resolve"},
		"inject/refresh":     {"inject", "inject/change", "inject/plan", "resolve", "resolve/filewatch"},
		"inject/status":      {"inject/refresh", "resolve"},
		"inject/mask":        {"resolve"},
		"inject/mask/stream": {"inject/mask"},

		"resolve/api/client": {"resolve", "resolve/api"},
		"resolve/provider":   {"resolve", "resolve/provider/squire"},

		"resolve/providertest":    {"resolve"},
		"resolve/provider/squire": {"resolve", "resolve/api", "resolve/api/client", "resolve/atomicfile", "resolve/filewatch", "resolve/service"},

		"resolve/service/internal/account":         {},
		"resolve/service/internal/seam":            {},
		"resolve/service/internal/benchserver":     {"resolve/service", "resolve/service/internal/seam", "resolve/service/serve"},
		"resolve/service/internal/store":           {"resolve"},
		"resolve/service/internal/store/bolt":      {"resolve", "resolve/atomicfile", "resolve/service/internal/store"},
		"resolve/service/internal/store/storetest": {"resolve", "resolve/service/internal/store"},
		"resolve/service/internal/seal":            {"resolve", "resolve/atomicfile"},
		"resolve/service/internal/archive":         {"resolve", "resolve/api"},
		"resolve/service/internal/audit":           {"resolve", "resolve/atomicfile", "resolve/service/internal/store"},
		"resolve/service/internal/gate":            {"resolve", "resolve/api", "resolve/service/internal/audit", "resolve/service/internal/seal", "resolve/service/internal/store", "resolve/typo"},
		"resolve/service":                          {"resolve", "resolve/api", "resolve/service/internal/account", "resolve/service/internal/archive", "resolve/service/internal/audit", "resolve/service/internal/gate", "resolve/service/internal/seal", "resolve/service/internal/seam", "resolve/service/internal/store", "resolve/service/internal/store/bolt"},
		"resolve/service/agefile":                  {"resolve"},
		"resolve/service/servicetest":              {"resolve", "resolve/api"},
		"resolve/service/postgres":                 {"resolve", "resolve/service/internal/store"},
		"resolve/service/postgres/pgtest":          {},

		"resolve/service/serve":                  {"resolve", "resolve/api", "resolve/service", "resolve/service/serve/internal/callers", "resolve/service/serve/limit"},
		"resolve/service/serve/internal/callers": {"resolve", "resolve/api", "resolve/service"},
		"resolve/service/serve/keypair":          {"resolve", "resolve/filewatch"},
		"resolve/service/serve/limit":            {},
		"resolve/service/serve/oidc":             {"resolve", "resolve/api", "resolve/filewatch"},

		"cmd/internal/cli":         {"resolve"},
		"cmd/internal/setting":     {"cmd/internal/cli", "resolve", "resolve/typo"},
		"cmd/squire/internal/help": {"cmd/internal/cli", "resolve"},

		"cmd/squire/internal/config/yamltree": {},
		"cmd/squire/internal/config":          {"cmd/internal/cli", "cmd/internal/setting", "cmd/squire/internal/config/yamltree", "inject", "inject/change", "inject/plan", "resolve", "resolve/dotenv", "resolve/provider", "resolve/provider/squire"},
		"cmd/squire/internal/app":             {"cmd/internal/cli", "cmd/squire/internal/config", "resolve", "resolve/api", "resolve/provider", "resolve/provider/squire"},
		"cmd/squire/internal/secrets":         {"cmd/internal/cli", "cmd/internal/setting", "cmd/squire/internal/app", "resolve", "resolve/api", "resolve/dotenv", "resolve/provider/squire"},

		"cmd/squire":  {"cmd/internal/cli", "cmd/internal/setting", "cmd/squire/internal/app", "cmd/squire/internal/help", "cmd/squire/internal/secrets", "inject", "inject/change", "inject/plan", "inject/mask", "inject/mask/stream", "inject/refresh", "inject/status", "inject/supervise", "resolve", "resolve/api", "resolve/dotenv", "resolve/provider", "resolve/provider/squire"},
		"cmd/squired": {"cmd/internal/cli", "cmd/internal/setting", "resolve", "resolve/api", "resolve/api/client", "resolve/atomicfile", "resolve/service", "resolve/service/agefile", "resolve/service/postgres", "resolve/service/serve", "resolve/service/serve/keypair", "resolve/service/serve/oidc"},

		"deploy":                      {},
		"deploy/demo/web":             {},
		"deploy/bench/fleet":          {"resolve", "resolve/api", "resolve/api/client"},
		"deploy/bench/minimal":        {},
		"deploy/bench/minimalrestart": {},
		"deploy/bench/minimalhttp":    {},
		"deploy/bench/minimalwait":    {},
		"deploy/bench/server":         {},
		"deploy/bench/supervise":      {"resolve", "resolve/api", "resolve/provider/squire"},
	}
	for _, line := range imports {
		words := strings.Fields(line)
		pkg := strings.TrimPrefix(words[0], module+"/")
		allowed, known := may[pkg]
		if !known {
			t.Errorf("%s: a new package; say here what it may import", pkg)
		}
		for _, imp := range words[1:] {
			ours, isOurs := strings.CutPrefix(imp, module+"/")
			if isOurs && !slices.Contains(allowed, ours) {
				t.Errorf("forbidden edge: %s → %s", pkg, ours)
			}
		}
	}
	for pkg := range may {
		if !slices.ContainsFunc(imports, func(l string) bool { return strings.Fields(l)[0] == module+"/"+pkg }) {
			t.Errorf("%s is gone; take it from this table", pkg)
		}
	}
}

func TestWhatTheWrapperDoesNotCarry(t *testing.T) {
	for _, pkg := range list(t, "{{.ImportPath}}", "-deps", module+"/cmd/squire") {
		for _, heavy := range []string{
			"github.com/jackc/pgx", "github.com/pressly/goose", "github.com/coreos/go-oidc", "filippo.io/age", "html/template",
			module + "/resolve/service/serve", module + "/resolve/service/web", module + "/resolve/service/postgres", "testing",
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
}

func list(t *testing.T, format string, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-f", format}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
}
