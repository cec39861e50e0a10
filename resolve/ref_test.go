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
		"db":                    {Name: "db"},
		"db:PGUSER,PGPASSWORD":  {Name: "db", RequiredKeys: []string{"PGUSER", "PGPASSWORD"}},
		"prod/db:K":             {Environment: "prod", Name: "db", RequiredKeys: []string{"K"}},
		strings.Repeat("n", 64): {Name: strings.Repeat("n", 64)},
		"1.x-y_z/..hidden":      {Environment: "1.x-y_z", Name: "..hidden"},
	} {
		if got, err := ParseRef(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v %v", in, got, err)
		}
	}
	for _, in := range []string{
		"", ":", "db:", "db:A,", "db:,A", "/db", "prod/", "a/b/c", ".", "..", "prod/..", "-e/db", "a b", "db:1A", "db:A-B", "dé",
		"db:A:B", "db\x00", strings.Repeat("n", 65), "_e/db", "K=" + canary,
	} {
		_, err := ParseRef(in)
		if !errors.Is(err, ErrInvalid) || Hint(err) == "" {
			t.Errorf("%q: %v", in, err)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%q: the message holds a value: %v", in, err)
		}
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
