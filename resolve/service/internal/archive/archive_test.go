package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/squire-env/squire/resolve"
)

type rec struct{ bucket, key, value string }

var sample = []rec{{"meta", "store", "\x01x"}, {"secrets", "main/a\x00", ""}, {"secrets", "main/b", string(make([]byte, 100_000))}}

func write(t testing.TB, recs []rec) []byte {
	var b bytes.Buffer
	w, err := NewWriter(&b, Header{Store: "id", Squire: "v1", Keyring: []byte(`{"a":1}`)})
	for _, r := range recs {
		err = errors.Join(err, w.Put(r.bucket, r.key, []byte(r.value)))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (h Header, all []rec, err error) {
	r, err := NewReader(bytes.NewReader(b))
	if err != nil {
		return h, nil, err
	}
	for {
		bucket, key, value, err := r.Next()
		if err == io.EOF {
			return r.Header, all, nil
		}
		if err != nil {
			return h, nil, err
		}
		all = append(all, rec{bucket, key, string(value)})
	}
}

func TestRoundTrip(t *testing.T) {
	h, got, err := read(write(t, sample))
	if err != nil || fmt.Sprint(got) != fmt.Sprint(sample) || h.Store != "id" || string(h.Keyring) != `{"a":1}` {
		t.Fatal(h, err)
	}
}

// An archive that is cut anywhere, or changed in any bit, is corrupt.
func TestDamage(t *testing.T) {
	whole := write(t, append(sample[:2:2], rec{"secrets", "main/b", "some value"}))
	for n := range whole {
		if _, _, err := read(whole[:n]); !errors.Is(err, resolve.ErrCorrupt) {
			t.Fatal("cut to", n, err)
		}
		for bit := range 8 {
			b := bytes.Clone(whole)
			b[n] ^= 1 << bit
			if _, _, err := read(b); !errors.Is(err, resolve.ErrCorrupt) {
				t.Fatal("flipped", n, bit, err)
			}
		}
	}
	if _, _, err := read(append(whole, 0)); !errors.Is(err, resolve.ErrCorrupt) {
		t.Fatal(err)
	}
}

// Any bytes give an error, or records that are the same after writing and reading
// them again.
func FuzzRead(f *testing.F) {
	f.Add(write(f, sample[:2]))
	f.Add([]byte(magic + "\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, all, err := read(b)
		if err != nil && !errors.Is(err, resolve.ErrCorrupt) {
			t.Fatal(err)
		}
		if err == nil {
			if _, again, err := read(write(t, all)); err != nil || fmt.Sprint(again) != fmt.Sprint(all) {
				t.Fatal(err)
			}
		}
	})
}
