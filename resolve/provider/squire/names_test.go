package squire

import (
	"errors"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
)

func TestCheckRef(t *testing.T) {
	for _, in := range []string{"db", "db:PGUSER,PGPASSWORD", "prod/db:K", strings.Repeat("n", 64), "1.x-y_z/..hidden", "db#A=b.c"} {
		ref, err := resolve.ParseRef(in)
		if err := errors.Join(err, CheckRef(ref)); err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
	for _, ref := range []resolve.Ref{
		{}, {Path: "/db"}, {Path: "prod/"}, {Path: "a/b/c"}, {Path: "."}, {Path: ".."}, {Path: "prod/.."}, {Path: "-e/db"}, {Path: "a b"}, {Path: "dé"},
		{Path: "db", RequiredKeys: []string{"1A"}}, {Path: "db", Selection: resolve.Selection{Only: []string{"A-B"}}},
		{Path: strings.Repeat("n", 65)}, {Path: "_e/db"}, {Path: "K=" + canary}, {Path: "db\x00"}, {Path: "db", RequiredKeys: []string{"K=" + canary}},
		{Path: "db", Scheme: "vault"},
	} {
		err := CheckRef(ref)
		if !errors.Is(err, resolve.ErrInvalid) || ref.Scheme == "" && resolve.Hint(err) == "" {
			t.Errorf("%+v: %v", ref, err)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%+v: the message holds a value: %v", ref, err)
		}
	}
}

// Each fault has the index of its reference, also if a list has a secret more than
// once.
func TestFaultsHaveTheirIndex(t *testing.T) {
	client := open(t, t.TempDir())
	if err := client.Objects().Create(t.Context(), "db", map[string]*string{"A": p(canary)}); err != nil {
		t.Fatal(err)
	}
	_, err := client.Resolve(t.Context(), resolve.FromName("db"), resolve.FromName("gone").IfExists(), resolve.FromName("db", resolve.RequiredKeys("A", "B")),
		resolve.FromName("gone"), resolve.FromName("db", resolve.RequiredKeys("A")), resolve.FromName("db").Select(resolve.Selection{Only: []string{"C"}}))
	by := resolve.FaultsByIndex(err, 6)
	if len(by) != 3 || by[2] == nil || by[2].Error() != "secret main/db lacks the required key B" || !errors.Is(by[3], resolve.ErrNotFound) ||
		by[5] == nil || by[5].Error() != "secret main/db lacks the required key C" {
		t.Errorf("%v", by)
	}
	_, err = client.Resolve(t.Context(), resolve.FromName("db"), resolve.FromName("a b"), resolve.FromName("/db"), resolve.FromName("a/b/c"))
	if by := resolve.FaultsByIndex(err, 4); len(by) != 3 || by[0] != nil || !errors.Is(err, resolve.ErrInvalid) {
		t.Errorf("%v", by)
	}
	if err := client.Objects().Delete(t.Context(), "/db"); !errors.Is(err, resolve.ErrInvalid) {
		t.Errorf("an empty environment is not the active one: %v", err)
	}
}
