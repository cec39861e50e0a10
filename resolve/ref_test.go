package resolve

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestParseRef(t *testing.T) {
	for in, want := range map[string]Ref{
		"db":                   {Path: "db"},
		"db:PGUSER,PGPASSWORD": {Path: "db", RequiredKeys: []string{"PGUSER", "PGPASSWORD"}},
		"prod/db:K":            {Path: "prod/db", RequiredKeys: []string{"K"}},
		"1.x-y_z/..hidden":     {Path: "1.x-y_z/..hidden"},
		"a/b/c":                {Path: "a/b/c"},
		"db#A":                 {Path: "db", Selection: Selection{Only: []string{"A"}}},
		"vault://kv/app:A#tls.crt=CRT,B": {
			Scheme: "vault", Path: "kv/app", RequiredKeys: []string{"A"},
			Selection: Selection{Only: []string{"tls.crt", "B"}, Rename: map[string]string{"tls.crt": "CRT"}},
		},
		"directory:///run/my secrets": {Scheme: "directory", Path: "/run/my secrets"},
	} {
		if got, err := ParseRef(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v %v", in, got, err)
		}
	}
	for _, in := range []string{
		"", ":", "#", "://x", "vault://", "Vault://x", "1x://y", "db:", "db:A,", "db:,A", "db:A:B", "db#", "db#A,", "db#A=", "db#=A", "db#A,A", "db#A=B=C", "db#A#B",
		"db:A B", "db#A:B", "db\x00", "db\n", "K=" + canary, "db:K=" + canary, "db#K=A:" + canary,
	} {
		_, err := ParseRef(in)
		if !errors.Is(err, ErrInvalid) || Hint(err) == "" {
			t.Errorf("%q: %v", in, err)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%q: the message holds a value: %v", in, err)
		}
	}
}

func TestKeysOfARef(t *testing.T) {
	r, err := ParseRef("db:A,B#B=X,C")
	if err != nil || !reflect.DeepEqual(r.Keys(), []string{"A", "B", "C"}) || r.RequiredKeys[1] != "B" {
		t.Errorf("%v %v", r.Keys(), err)
	}
}

func FuzzParseRef(f *testing.F) {
	seeds, err := os.ReadFile("testdata/refs.txt")
	if err != nil || len(seeds) == 0 {
		f.Fatal("the seeds are gone", err)
	}
	for _, s := range strings.Split(string(seeds), "\n") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r, err := ParseRef(in)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("%q: %v", in, err)
			}
			return
		}
		if r.String() != in { // the name that is authorised is the name that was written
			t.Fatalf("%q reads back as %q", in, r)
		}
	})
}
