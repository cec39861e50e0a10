package serve

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

var rewrite = flag.Bool("rewrite-golden", false, "rewrite testdata/*.golden; then review the changes")

// scopes are the columns of the matrix.
var scopes = []struct {
	name                string
	environments, names []string
}{
	{"all", nil, nil},
	{"env", []string{"main", "main-*"}, nil},
	{"glob", nil, []string{"shop-*"}},
	{"both", []string{"main", "main-*"}, []string{"shop-*"}},
}

// rows returns the routes with the resources: main and main-… are in the scopes
// with environments, shop-… in those with names.
func rows() (all []ask) {
	add := func(method, path, body string) { all = append(all, ask{method: method, path: path, body: body}) }
	for _, s := range []string{"main/shop-db", "main/other", "stage/shop-db", "stage/other", "main/shop-none"} {
		environment, name, _ := strings.Cut(s, "/")
		add("POST", "/v1/resolve", fmt.Sprintf(`{"secrets":[{"environment":%q,"name":%q}]}`, environment, name))
		add("GET", "/v1/watch?etag=-&secret="+s, "")
		add("GET", "/v1/secrets/"+s, "")
		add("GET", "/v1/secrets/"+s+"/versions", "")
		add("PATCH", "/v1/secrets/"+s, `{"env_dict":{"K":"v"}}`)
		add("POST", "/v1/secrets/"+s+"/rollback", `{"version":1}`)
		add("POST", "/v1/secrets", fmt.Sprintf(`{"environment":%q,"name":%q,"if_exists":"keep"}`, environment, name))
		add("DELETE", "/v1/secrets/"+s, "")
		add("DELETE", "/v1/secrets/"+s+"?allow_missing=true", "")
	}
	add("POST", "/v1/resolve", `{"secrets":[{"name":"shop-db"},{"name":"other"}]}`)
	for _, e := range []string{"main", "stage", "none"} {
		add("GET", "/v1/secrets?environment="+e, "")
	}
	add("GET", "/v1/environments", "")
	for _, e := range []string{"main-new", "new"} {
		add("POST", "/v1/environments", fmt.Sprintf(`{"name":%q}`, e))
	}
	for _, e := range []string{"main-old", "stage", "main-none", "none"} {
		add("DELETE", "/v1/environments/"+e, "")
	}
	add("GET", "/v1/tokens", "")
	add("POST", "/v1/tokens", `{"name":"x","role":"reader"}`)
	add("DELETE", "/v1/tokens/0123456789abcdef", "")
	add("GET", "/v1/audit", "")
	add("POST", "/v1/audit/verify", "")
	add("POST", "/v1/admin/backup", `{"recipients":["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]}`)
	add("POST", "/v1/admin/rotate-key", `{}`)
	return all
}

// settle restores the resources of the rows.
func (h *house) settle() {
	h.Helper()
	ctx := context.Background()
	must := func(err error) {
		if err != nil && !errors.Is(err, resolve.ErrExists) {
			h.Fatal(err)
		}
	}
	for _, e := range []string{"stage", "main-old"} {
		_, err := h.store.CreateEnvironment(ctx, e)
		must(err)
	}
	for _, e := range []string{"main-new", "new"} {
		must(h.store.DeleteEnvironment(ctx, api.DeleteRequest{Environment: e, AllowMissing: true}))
	}
	must(h.store.DeleteSecret(ctx, api.DeleteRequest{Name: "shop-none", AllowMissing: true}))
	must(h.store.DeleteSecret(ctx, api.DeleteRequest{Name: "db", AllowMissing: true}))
	for _, s := range []string{"main/shop-db", "main/other", "stage/shop-db", "stage/other"} {
		environment, name, _ := strings.Cut(s, "/")
		_, err := h.store.CreateSecret(ctx, api.CreateSecretRequest{Environment: environment, Name: name})
		must(err)
	}
}

// cell returns the status, and the content of a list.
func cell(a ask, got answer) string {
	if a.method != "GET" {
		return fmt.Sprint(got.status)
	}
	var list struct {
		Secrets      []struct{ Environment, Name string }
		Environments []struct{ Name string }
	}
	_ = json.Unmarshal(got.body, &list)
	var names []string
	for _, s := range list.Secrets {
		names = append(names, s.Name)
	}
	for _, e := range list.Environments {
		names = append(names, e.Name)
	}
	if names == nil {
		return fmt.Sprint(got.status)
	}
	return fmt.Sprintf("%d %s", got.status, strings.Join(names, ","))
}

// TestMatrix is principal × action × resource. Review every change of it: it is
// the policy as users see it.
func TestMatrix(t *testing.T) {
	h := newHouse(t, nil)
	h.settle()
	var b strings.Builder
	b.WriteString("# Role × scope × route × resource. Scopes: all; env: main, main-*; glob: shop-*; both. Lists show what is in them.\n")
	for _, role := range []api.Role{api.RoleResolveOnly, api.RoleReader, api.RoleWriter, api.RoleAdmin} {
		var tokens []string
		var heads []string
		for _, s := range scopes {
			tokens = append(tokens, h.token(api.Scope{Role: role, Environments: s.environments, Names: s.names}))
			heads = append(heads, fmt.Sprintf("%-4s", s.name))
		}
		fmt.Fprintf(&b, "\n%-71s %s\n", role, strings.Join(heads, "  "))
		for _, a := range rows() {
			var cells []string
			plain := true
			for _, token := range tokens {
				a.token = token
				got := h.send(a)
				if got.status < 300 && (a.method == "DELETE" || a.path == "/v1/environments" || strings.Contains(a.body, "shop-none")) {
					h.settle()
				}
				cells = append(cells, cell(a, got))
				plain = plain && len(cells[len(cells)-1]) == 3
			}
			b.WriteString(row(a, cells, plain))
		}
	}
	compareGolden(t, "matrix.golden", b.String())
}

func row(a ask, cells []string, plain bool) string {
	label := a.String()
	if a.body != "" && (a.path == "/v1/resolve" || a.path == "/v1/secrets" || a.path == "/v1/environments") {
		label += " " + strings.NewReplacer(`"environment":"main",`, "", `"`, "", `,if_exists:keep`, "", "{secrets:", "", "]}", "]", "environment:", "env:").Replace(a.body)
	}
	if !plain {
		s := label + "\n"
		for i, c := range cells {
			s += fmt.Sprintf("    %-5s %s\n", scopes[i].name, c)
		}
		return s
	}
	return fmt.Sprintf("%-71s %s\n", label, strings.Join(cells, "   "))
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-rewrite-golden rewrites it):\n%s", path, d)
	}
}
