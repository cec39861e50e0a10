package oidc

import (
	"context"
	"strings"
	"testing"
)

// FuzzVerify: what signs in is an issued token, to the byte.
func FuzzVerify(f *testing.F) {
	v, main, second, c := stage(f)
	k := keyring()
	issued := map[string]bool{}
	for _, token := range []string{
		sign("RS256", k.rsa, `{"alg":"RS256","kid":"k1"}`, with(main.URL, c.now(), nil)),
		sign("ES256", k.ec, `{"alg":"ES256","kid":"k2"}`, with(main.URL, c.now(), nil)),
		sign("RS256", k.other, `{"alg":"RS256","kid":"k1"}`, with(second.URL, c.now(), nil)),
	} {
		issued[token] = true
		if _, err := v.Verify(context.Background(), token); err != nil {
			f.Fatal(err, Reason(err))
		}
		for at := 0; at < len(token); at += 97 {
			f.Add(token, uint(at), byte(1), "")
		}
		f.Add(token, uint(len(token)-1), byte(1), "") // the last bits, which a lax decoder drops
		f.Add(token, uint(0), byte(0), "\n")
		f.Add(token, uint(strings.Index(token, ".")), byte(0), ".e30")
	}
	f.Fuzz(func(t *testing.T, token string, at uint, flip byte, insert string) {
		b := []byte(token)
		if len(b) > 0 {
			i := int(at % uint(len(b)))
			b[i] ^= flip
			b = append(b[:i:i], append([]byte(insert), b[i:]...)...)
		}
		v.seen.Purge() // so that each is verified
		if id, err := v.Verify(context.Background(), string(b)); err == nil && !issued[string(b)] {
			t.Errorf("signed in as %s with another token than issued", id.Name)
		}
	})
}

// FuzzParseClaims: what is read, reads the same again, and never panics.
func FuzzParseClaims(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":{"b.c":[1,true,null,"x"]}}`, `{"a":1,"a":2}`, `[]`, `{"a":"\ud800"}`, `{"a"`, `{"a":1}}`, strings.Repeat(`{"a":`, 20)} {
		f.Add(s, "a.b.c", "*")
	}
	f.Fuzz(func(t *testing.T, text, path, pattern string) {
		c, err := parseClaims([]byte(text))
		if err != nil {
			if c != nil {
				t.Error("claims beside an error")
			}
			return
		}
		if c == nil {
			t.Fatal("neither claims nor an error")
		}
		if c.fits(path, pattern) && len(c.find(path)) != 1 {
			t.Error("a path of more than one meaning fits")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	v, main, _, c := stage(b)
	token := sign("RS256", keyring().rsa, `{"alg":"RS256","kid":"k1"}`, with(main.URL, c.now(), nil))
	for name, forget := range map[string]bool{"remembered": false, "each time": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if forget {
					v.seen.Purge()
				}
				if _, err := v.Verify(context.Background(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
