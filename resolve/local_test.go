package resolve

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFiles(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	deep := filepath.Join(top, "a", "b")
	if err := errors.Join(os.MkdirAll(deep, 0o700), os.WriteFile(filepath.Join(top, ".env-x"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		s    *Secret
		want []string
	}{
		{FromDict(nil), nil}, {FromName("a"), nil}, {FromLocalEnviron("A"), nil},
		{FromDotenv(DotenvFile("sub/x.env")), []string{"sub/x.env"}},
		{FromDotenv(DotenvPath(deep), DotenvName(".env-x")), []string{filepath.Join(deep, ".env-x"), filepath.Join(top, "a", ".env-x"), filepath.Join(top, ".env-x")}},
	} {
		if d := cmp.Diff(test.want, test.s.Files()); d != "" {
			t.Error(d)
		}
	}
	all := FromDotenv(DotenvPath(deep), DotenvName("no-such-file")).Files()
	root := filepath.Join(filepath.VolumeName(top)+string(filepath.Separator), "no-such-file")
	if len(all) < 3 || all[0] != filepath.Join(deep, "no-such-file") || all[len(all)-1] != root {
		t.Errorf("%q", all)
	}
}

func TestLocalSecretsThatMayBeAbsent(t *testing.T) {
	here := filepath.Join(t.TempDir(), "here")
	if err := os.WriteFile(here, []byte("A=1"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := DotenvFile(filepath.Join(t.TempDir(), "no-such-file"))
	c := NewClient(ClientConfig{LookupEnv: func(n string) (string, bool) { return "set", n == "SET" }})
	for i, test := range []struct {
		s      *Secret
		absent bool
		want   map[string]string
	}{
		{FromDotenv(DotenvFile(here)).IfExists(), false, map[string]string{"A": "1"}},
		{FromDotenv(absent).IfExists().Select(Selection{Only: []string{"A"}}), true, map[string]string{}},
		{FromDotenv(DotenvPath(filepath.Dir(here)), DotenvName("no-such-file")).IfExists(), true, map[string]string{}},
		{FromLocalEnviron("SET", "UNSET").IfExists(), false, map[string]string{"SET": "set"}},
		{FromLocalEnviron("UNSET").IfExists(), true, map[string]string{}},
		{FromLocalEnviron().IfExists(), false, map[string]string{}},
		{FromMap(map[string]string{"A": "1"}).IfExists(), false, map[string]string{"A": "1"}},
	} {
		layers, err := c.Resolve(t.Context(), test.s)
		if err != nil || layers[0].Absent != test.absent || layers[0].Remote || layers[0].Label == "" {
			t.Errorf("%d: %+v %v", i, layers, err)
			continue
		}
		if d := cmp.Diff(test.want, text(layers[0].Vars)); d != "" {
			t.Errorf("%d: %s", i, d)
		}
	}
	folder := FromDotenv(DotenvFile(filepath.Dir(here))).IfExists()
	if err := folder.Hydrate(t.Context()); err == nil {
		t.Error("a folder is not an absent file")
	}
}
