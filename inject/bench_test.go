package inject

import (
	"fmt"
	"testing"

	"github.com/squire-env/squire/resolve"
)

// benchInput is a half of inherited and a half of remote variables.
func benchInput(n int) ([]string, []resolve.Layer) {
	var inherited []string
	l := resolve.Layer{Source: "secret main/db", Remote: true}
	for i := range n / 2 {
		inherited = append(inherited, fmt.Sprintf("INHERITED_%d=some value", i))
		l.Vars = append(l.Vars, v(fmt.Sprintf("VARIABLE_%d", i), "some other value"))
	}
	return inherited, []resolve.Layer{l}
}

func BenchmarkMerge(b *testing.B) {
	for _, n := range []int{2, 100, 1000, 10_000, 100_000} {
		inherited, layers := benchInput(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Merge(inherited, layers, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/variable")
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	inherited, layers := benchInput(100)
	e, err := Merge(inherited, layers, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Check("/bin/true", []string{"true"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDangerous(b *testing.B) {
	for _, name := range []string{"DATABASE_URL", "PATH", "http_proxy"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Dangerous(name)
			}
		})
	}
}
