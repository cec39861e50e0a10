package oidc

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oidc.yaml")
	writeFile(t, path, []byte(`# who may come in
issuers:
  - issuer: https://kubernetes.default.svc.cluster.local
    audience: squire
    ca_file: /ca.crt
    token_file: /token
    token_review: {url: https://kubernetes.default.svc, ca_file: /ca.crt, token_file: /token}
    rules:
      - claims: {sub: "system:serviceaccount:shop:*", kubernetes.io.namespace: shop, admin: true, level: 3}
        role: resolve-only
        environments: [main]
        names: shop-*
  - issuer: https://ci.example
    audience: [squire, squire-2]
    jwks_file: jwks.json
    algorithms: ES256
    rules: [{claims: {sub: "repo:*"}, role: writer, environments: "*", names: ["*"]}]
`))
	got, err := Read(path)
	want := []Issuer{
		{
			Issuer: "https://kubernetes.default.svc.cluster.local", Audience: oneOrMore{"squire"}, CAFile: "/ca.crt", TokenFile: "/token",
			TokenReview: &Review{URL: "https://kubernetes.default.svc", CAFile: "/ca.crt", TokenFile: "/token"},
			Rules: []Rule{{
				Claims: map[string]string{"sub": "system:serviceaccount:shop:*", "kubernetes.io.namespace": "shop", "admin": "true", "level": "3"},
				Role:   "resolve-only", Environments: oneOrMore{"main"}, Names: oneOrMore{"shop-*"},
			}},
		},
		{
			Issuer: "https://ci.example", Audience: oneOrMore{"squire", "squire-2"}, JWKSFile: "jwks.json", Algorithms: oneOrMore{"ES256"},
			Rules: []Rule{{Claims: map[string]string{"sub": "repo:*"}, Role: "writer", Environments: oneOrMore{"*"}, Names: oneOrMore{"*"}}},
		},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

func TestBadFiles(t *testing.T) {
	const start = "issuers:\n- issuer: https://a.example\n  audience: squire\n"
	const rule = "  rules:\n  - {claims: {sub: x}, role: reader, environments: [main], names: [db]}\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":                      {"", "no issuers"},
		"blank":                      {"# nothing\n", "no issuers"},
		"no list":                    {"issuers: c4nary\n", "line 1: wrong type"},
		"no map":                     {"- c4nary\n", "line 1: wrong type"},
		"no YAML":                    {"issuers:\n\t- c4nary: [\n", "invalid YAML"},
		"an unknown field":           {start + rule + "  c4nary: x\n", "line 6: unknown field"},
		"an unknown field in a rule": {start + "  rules:\n  - {claims: {sub: x}, role: reader, environments: [main], names: [db], c4nary: 1}\n", "line 5: unknown field"},
		"an unknown field above":     {"c4nary: x\n" + start + rule, "line 1: unknown field"},
		"a field twice":              {start + "  audience: c4nary\n" + rule, "duplicate field"},
		"two documents":              {start + rule + "---\nissuers: []\n", "more than one document"},
		"the same issuer twice":      {start + rule + strings.TrimPrefix(start, "issuers:\n") + rule, "issuer 2: duplicate"},
		"no issuer":                  {"issuers:\n- audience: squire\n  jwks_file: x\n" + rule, "issuer 1: issuer is missing"},
		"no audience":                {"issuers:\n- issuer: https://a.example\n" + rule, "audience is missing"},
		"a null audience":            {"issuers:\n- issuer: https://a.example\n  audience:\n" + rule, "audience is missing"},
		"an empty audience":          {"issuers:\n- issuer: https://a.example\n  audience: [squire, \"\"]\n" + rule, "audience is missing"},
		"http":                       {strings.Replace(start, "https:", "http:", 1) + rule, "not an https URL"},
		"http keys":                  {start + "  jwks_url: http://a.example/c4nary\n" + rule, "jwks_url is not an https URL"},
		"a password":                 {start + "  jwks_url: https://u:c4nary@a.example/\n" + rule, "jwks_url is not an https URL"},
		"both kinds of keys":         {start + "  jwks_url: https://a.example/\n  jwks_file: x\n" + rule, "cannot both be set"},
		"none":                       {start + "  algorithms: [none]\n" + rule, "algorithms: unknown algorithm"},
		"HS256":                      {start + "  algorithms: [RS256, HS256]\n" + rule, "algorithms: unknown algorithm"},
		"a review of nobody":         {start + "  token_review: {ca_file: x}\n" + rule, "token_review: url is missing"},
		"a review over http":         {start + "  token_review: {url: http://a.example}\n" + rule, "token_review: url is missing or not an https"},
		"no rules":                   {start, "rules are missing"},
		"a rule for all":             {start + "  rules:\n  - {role: reader, environments: [main], names: [db]}\n", "rule 1: claims are missing"},
		"an empty pattern":           {start + "  rules:\n  - {claims: {sub: }, role: reader, environments: [main], names: [db]}\n", "rule 1: claims: a name or a pattern is empty"},
		"no role":                    {start + "  rules:\n  - {claims: {sub: x}, environments: [main], names: [db]}\n", "rule 1: role: want"},
		"an unknown role":            {start + "  rules:\n  - {claims: {sub: x}, role: c4nary, environments: [main], names: [db]}\n", "rule 1: role: want"},
		"no environments":            {start + "  rules:\n  - {claims: {sub: x}, role: reader, names: [db]}\n", "rule 1: environments are missing"},
		"no names":                   {start + "  rules:\n  - {claims: {sub: x}, role: reader, environments: [main], names: []}\n", "rule 1: names are missing"},
		"a bad pattern":              {start + "  rules:\n  - {claims: {sub: x}, role: reader, environments: [main], names: [\"c4nary/?\"]}\n", "rule 1: names: invalid pattern"},
	} {
		path := filepath.Join(t.TempDir(), "oidc.yaml")
		writeFile(t, path, []byte(c.text))
		_, err := Read(path)
		if !errors.Is(err, resolve.ErrInvalid) || resolve.Hint(err) == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error()+resolve.Hint(err), "c4nary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("no file is no error")
	}
	big := filepath.Join(t.TempDir(), "big.yaml")
	writeFile(t, big, make([]byte, maxFile+1))
	if _, err := Read(big); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Error(err)
	}
	if _, err := New(Config{}); !errors.Is(err, resolve.ErrInvalid) {
		t.Errorf("no issuers: %v", err)
	}
}
