package resolve

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultsByIndex(t *testing.T) {
	file := FromDotenv(DotenvFile(filepath.Join(t.TempDir(), "absent.env")))
	unset := FromLocalEnviron("ABSENT_A")
	dict := FromDict(nil)
	db, other := FromName("db", RequiredKeys("A")), FromName("other", InEnvironment("prod"))
	far, farther := FromRef(Ref{Scheme: "far", Path: "far"}), FromRef(Ref{Scheme: "far", Path: "farther"})
	unknown := FromRef(Ref{Scheme: "valt", Path: "x"})
	c := NewClient(ClientConfig{
		LookupEnv: func(string) (string, bool) { return "", false },
		Providers: map[string]Provider{
			"": failing{errors.Join(
				&IndexError{0, WithHint(&MissingKeysError{Environment: "main", Name: "db", Keys: []string{"A"}}, "type this")},
				&IndexError{1, &NotFoundError{Environment: "prod", Name: "other"}})},
			"far": failing{fmt.Errorf("%w: gone", ErrUnavailable)},
		},
	})
	list := []*Secret{far, file, unset, dict, db, other, farther, db, unknown}
	layers, err := c.Resolve(t.Context(), list...)
	if layers != nil {
		t.Error("all or nothing")
	}
	got := map[int]string{}
	for i, e := range FaultsByIndex(err, len(list)) {
		got[i] = e.Error()
	}
	var faults []string
	for _, f := range Faults(err) {
		faults = append(faults, f.Error())
	}
	lacks, gone := "secret main/db lacks the required key A", "unavailable: gone"
	want := map[int]string{
		0: gone, 6: gone, 1: faults[0], 2: "required keys missing in the local environment: ABSENT_A", 4: lacks, 7: lacks, 5: "secret prod/other not found",
		8: `invalid reference to a secret: unknown scheme "valt": want far`,
	}
	if d := cmp.Diff(want, got); d != "" || len(faults) != 6 || Hint(err) == "" {
		t.Errorf("%s\n%q", d, faults)
	}
	var at *IndexError
	if !errors.As(err, &at) || at.Index != 1 {
		t.Errorf("%v", at)
	}
}

func TestFaultsByIndexOfOtherErrors(t *testing.T) {
	e := errors.New("e")
	for _, test := range []struct {
		err  error
		want map[int]string
	}{
		{nil, map[int]string{}},
		{e, map[int]string{0: "e", 1: "e"}},
		{fmt.Errorf("refresh: %w", context.DeadlineExceeded), map[int]string{0: "refresh: context deadline exceeded", 1: "refresh: context deadline exceeded"}},
		{fmt.Errorf("refresh: %w", &IndexError{1, e}), map[int]string{1: "refresh: e"}},
		{errors.Join(&IndexError{1, e}, &IndexError{1, errors.New("f")}), map[int]string{1: "e\nf"}},
		{&IndexError{0, fmt.Errorf("%w", errors.Join(&IndexError{7, e}, e))}, map[int]string{0: "e\ne"}}, // the outermost index is the caller's
		{WithHint(errors.Join(e, &IndexError{1, e}), "type"), map[int]string{0: "e", 1: "e\ne"}},
		{&IndexError{2, e}, map[int]string{0: "e", 1: "e"}},
	} {
		got := map[int]string{}
		for i, err := range FaultsByIndex(test.err, 2) {
			got[i] = err.Error()
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%v: %s", test.err, d)
		}
	}
}
