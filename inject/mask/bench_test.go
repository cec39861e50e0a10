package mask

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
)

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=_-!%&@ "

func random(r *rand.Rand, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = letters[r.IntN(len(letters))]
	}
	return string(out)
}

func secrets(n, size int) []resolve.Value {
	r := rand.New(rand.NewPCG(1, 2))
	var values []resolve.Value
	for range n {
		values = append(values, resolve.NewValue(random(r, size)))
	}
	return values
}

// logText is what a server writes.
func logText(size int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	var out strings.Builder
	for out.Len() < size {
		fmt.Fprintf(&out, "2026-11-24T15:04:%02d.%06dZ info handled request method=GET path=/v1/items/%d status=200 took=%dµs id=%s\n",
			r.IntN(60), r.IntN(1e6), r.IntN(1e5), r.IntN(1e4), strings.ToLower(strings.Map(alnum, random(r, 26))))
	}
	return []byte(out.String()[:size])
}

func alnum(r rune) rune {
	if strings.ContainsRune(alphanumeric, r) {
		return r
	}
	return -1
}

// BenchmarkWrite copies text that holds no secret, in the pieces in which a
// pseudo-terminal gives it (4 KiB) and a pipe may (64 KiB).
func BenchmarkWrite(b *testing.B) {
	text := logText(1 << 22)
	for _, values := range []int{0, 1, 50, 1000} {
		for _, piece := range []int{1 << 12, 1 << 16} {
			b.Run(fmt.Sprintf("values=%d/piece=%d", values, piece), func(b *testing.B) {
				m := New()
				m.Add(secrets(values, 40)...)
				w := m.Writer(io.Discard)
				_ = w.Idle()
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					for at := 0; at < len(text); at += piece {
						if _, err := w.Write(text[at : at+piece]); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

// BenchmarkAdd is what a restart pays for its values.
func BenchmarkAdd(b *testing.B) {
	for _, c := range []struct{ n, size int }{{10, 40}, {50, 40}, {1000, 40}, {60, 1 << 15}} {
		b.Run(fmt.Sprintf("values=%d/size=%d", c.n, c.size), func(b *testing.B) {
			values := secrets(c.n, c.size)
			b.ReportAllocs()
			for b.Loop() {
				m := New()
				m.Add(values...)
				m.current.Load().get()
			}
		})
	}
}
