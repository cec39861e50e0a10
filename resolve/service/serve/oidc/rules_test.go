package oidc

import (
	"regexp"
	"strings"
	"testing"
)

func TestClaims(t *testing.T) {
	c, err := parseClaims([]byte(`{
		"sub": "system:serviceaccount:shop:web", "admin": true, "off": false, "level": 3, "big": 12345678901234567890, "none": null,
		"groups": ["a", "dev:x", 7, null, ["nested"], {"g": "inner"}], "empty": [], "text": "",
		"kubernetes.io": {"namespace": "shop", "pod": {"name": "web-1"}, "a.b": {"c.d": "deep"}},
		"realm_access": {"roles": ["r1", "r2"]},
		"two.ways": "whole", "two": {"ways": "steps"},
		"star": "*"
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		path, pattern string
		want          bool
	}{
		{"sub", "system:serviceaccount:shop:*", true}, {"sub", "system:serviceaccount:*:web", true}, {"sub", "system", false}, {"Sub", "*", false},
		{"admin", "true", true}, {"admin", "*", true}, {"admin", "1", false}, {"off", "false", true}, {"off", "true", false}, {"off", "", false},
		{"level", "3", true}, {"level", "3.0", false}, {"big", "12345678901234567890", true},
		{"none", "*", false}, {"none", "null", false}, {"missing", "*", false}, {"", "*", false},
		{"groups", "dev:*", true}, {"groups", "7", true}, {"groups", "nested", false}, {"groups", "inner", false}, {"groups.g", "*", false}, {"groups", "b", false},
		{"empty", "*", false}, {"text", "*", true}, {"text", "x*", false},
		{"kubernetes.io.namespace", "shop", true}, {"kubernetes.io.pod.name", "web-*", true}, {"kubernetes.io.a.b.c.d", "deep", true},
		{"kubernetes.io", "*", false}, {"kubernetes.io.namespace.", "*", false}, {".kubernetes.io.namespace", "*", false}, {"io.namespace", "*", false}, {"kubernetes.*", "*", false},
		{"realm_access.roles", "r2", true}, {"realm_access.roles.0", "r1", false},
		{"two.ways", "whole", false}, {"two.ways", "steps", false}, {"two.ways", "*", false},
		{"star", "shop", false}, {"star", "*", true},
	} {
		if got := c.fits(x.path, x.pattern); got != x.want {
			t.Errorf("%s fits %q: %v", x.path, x.pattern, got)
		}
	}
	if c.fits(strings.Repeat("a.", 10_000), "*") {
		t.Error("a path of dots")
	}
}

func TestRules(t *testing.T) {
	i := Issuer{Rules: []Rule{
		{Claims: map[string]string{"sub": "a*", "admin": "true"}, Role: "admin"},
		{Claims: map[string]string{"sub": "a*"}, Role: "reader"},
		{Claims: map[string]string{"sub": "*"}, Role: "resolve-only"},
	}}
	for _, c := range []struct {
		claims claims
		want   string
	}{
		{claims{"sub": "ab", "admin": true}, "admin"}, {claims{"sub": "ab", "admin": false}, "reader"}, {claims{"sub": "b", "admin": true}, "resolve-only"}, {claims{"admin": true}, ""},
	} {
		if s, ok := i.scope(c.claims); string(s.Role) != c.want || ok != (c.want != "") {
			t.Errorf("%v: %v %v", c.claims, s, ok)
		}
	}
}

func TestNames(t *testing.T) {
	safe := regexp.MustCompile(`^[A-Za-z0-9._/@:%~-]{1,256}$`)
	seen := map[string]string{}
	for _, c := range [][2]string{
		{"https://a.example", "b"}, {"http://a.example", "b"}, {"https://a.example/", "b"}, {"https://a.example:1", "b"}, {"https://a.example", "1:b"}, {"https://a.example/realms/x", "b"},
		{"a", "b:c"}, {"a:b", "c"}, {"a", "b%3Ac"}, {"a%3Ab", "c"}, {"a", "x\n[31m"}, {"a", "é"}, {"a", "e\u0301"}, {"a", "\u202e"}, {"a", "a b"}, {"a", "*"}, {"a", "~"},
		{"a", strings.Repeat("x", 251)}, {"a", strings.Repeat("x", 10_000)}, {"a", strings.Repeat("x", 9_999) + "y"}, {strings.Repeat("i", 1000), "a"}, {strings.Repeat("i", 1000), "b"},
	} {
		name := identityName(c[0], c[1])
		if !safe.MatchString(name) {
			t.Errorf("%q: %q", c, name)
		}
		if other, twice := seen[name]; twice {
			t.Errorf("%q and %q are both %q", c, other, name)
		}
		seen[name] = c[0] + " " + c[1]
	}
	if got := identityName("https://kubernetes.default.svc", "system:serviceaccount:shop:web"); got != "oidc:kubernetes.default.svc:system:serviceaccount:shop:web" {
		t.Error(got)
	}
}
