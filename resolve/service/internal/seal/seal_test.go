package seal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
)

var here = Place{Store: "s", Bucket: "b", Key: "k"}

func TestOpensWhereItStandsOnly(t *testing.T) {
	k := NewKey()
	rec, err := Seal(k, here, []byte("canary"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := Open(k, here, rec); err != nil || string(plain) != "canary" {
		t.Fatal(err)
	}
	// The same characters, split differently, are another place.
	for _, p := range []Place{{"s", "b", "K"}, {"s", "bk", ""}, {"sb", "", "k"}, {"", "sb", "k"}, {"s", "", "bk"}} {
		if _, err := Open(k, p, rec); !errors.Is(err, resolve.ErrCorrupt) {
			t.Errorf("opened at %v: %v", p, err)
		}
	}
	if _, err := Open(NewKey(), here, rec); !errors.Is(err, resolve.ErrCorrupt) {
		t.Errorf("opened with another key: %v", err)
	}
	for i := range rec {
		for bit := range 8 {
			bad := bytes.Clone(rec)
			bad[i] ^= 1 << bit
			if _, err := Open(k, here, bad); !errors.Is(err, resolve.ErrCorrupt) {
				t.Fatalf("byte %d, bit %d: %v", i, bit, err)
			}
		}
		if _, err := Open(k, here, rec[:i]); !errors.Is(err, resolve.ErrCorrupt) {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
}

func TestNothingRepeats(t *testing.T) {
	k := NewKey()
	a, _ := Seal(k, here, []byte("same"))
	b, _ := Seal(k, here, []byte("same"))
	for _, part := range [][2]int{{saltAt, wrapAt}, {wrapAt, payloadAt}, {payloadAt, len(a)}} {
		if bytes.Equal(a[part[0]:part[1]], b[part[0]:part[1]]) {
			t.Errorf("bytes %v are the same twice", part)
		}
	}
	// A wrapping of one record does not open the payload of another.
	mixed := append(bytes.Clone(a[:payloadAt]), b[payloadAt:]...)
	if _, err := Open(k, here, mixed); !errors.Is(err, resolve.ErrCorrupt) {
		t.Fatal(err)
	}
}

func TestRewrap(t *testing.T) {
	old, fresh := NewKey(), NewKey()
	rec, _ := Seal(old, here, []byte("canary"))
	again, err := Rewrap(old, fresh, here, rec)
	if err != nil || !bytes.Equal(again[payloadAt:], rec[payloadAt:]) {
		t.Fatal("the payload was touched", err)
	}
	if plain, err := Open(fresh, here, again); err != nil || string(plain) != "canary" {
		t.Fatal(err)
	}
	if _, err := Open(old, here, again); err == nil {
		t.Fatal("the old key still opens it")
	}
	if _, err := Rewrap(fresh, old, here, rec); !errors.Is(err, resolve.ErrCorrupt) {
		t.Fatal(err)
	}
}

func TestKeyShowsItsIDOnly(t *testing.T) {
	k := NewKey()
	again, err := ParseKey(k.text())
	if err != nil || again.ID() != k.ID() {
		t.Fatal("the id is not that of the key", err)
	}
	r := RingOf(k)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, v := range []any{k, &k, r, *r} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, k.text()) || strings.Contains(text, fmt.Sprintf("%x", *k.secret)) || strings.Contains(text, fmt.Sprint([]byte(*k.secret))) {
				t.Errorf("%s of %T shows the key", verb, v)
			}
		}
	}
}

func TestKeyring(t *testing.T) {
	r := RingOf(NewKey())
	r.record("id1", "/a")
	r.record("id2", "/b")
	r.record("id3", "/a") // another store at the same place
	b, err := r.marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseRing("/k", b)
	if err != nil || got.Active().ID() != r.Active().ID() || !got.Sealed("/a") || !got.Sealed("/b") || got.Sealed("/c") || got.knows("id1", "/a") || !got.knows("id3", "/a") {
		t.Fatal(got, err)
	}
	if _, err := Open(got.Active(), here, must(Seal(r.Active(), here, nil))); err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func BenchmarkSeal(b *testing.B) {
	k := NewKey()
	plain := make([]byte, 1000)
	for b.Loop() {
		_, _ = Seal(k, here, plain)
	}
}

// readRing agrees with encoding/json about every file that both read.
func TestReadRing(t *testing.T) {
	whole := `{"format":1,"active":"a","next":"b","keys":{"a":"x","b":"y"},"stores":[{"id":"i","path":"/p","keys":["a"]},{"id":"j","path":"/q"}],"more":[1,{}]}`
	var want ringFile
	if err := json.Unmarshal([]byte(whole), &want); err != nil {
		t.Fatal(err)
	}
	if got, ok := readRing([]byte(whole)); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	for _, b := range []string{
		"", "[]", `"x"`, "{", `{"format":"1"}`, `{"format":1.5}`, `{"active":1}`, `{"next":[]}`, `{"keys":[]}`, `{"keys":{"a":1}}`, `{"stores":{}}`, `{"stores":["x"]}`,
		`{"stores":[{"id":1}]}`, `{"stores":[{"path":{}}]}`, `{"stores":[{"keys":"a"}]}`, `{"stores":[{"keys":[1]}]}`, whole + "x",
	} {
		if err := json.Unmarshal([]byte(b), new(ringFile)); err == nil {
			t.Fatalf("%s is none", b)
		}
		if _, ok := readRing([]byte(b)); ok {
			t.Errorf("%s is read", b)
		}
	}
}
