package dotenv

import (
	"fmt"
	"strings"
	"testing"
)

// plain is a realistic file, repeated to about n bytes with different names on each line.
func plain(n int) []byte {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "# section %d\nSERVICE_%d_URL=https://service-%d.example.com/v1?x=%d\nexport KEY_%d=\"a quoted value, %d\"\n\n", i, i, i, i, i, i)
	}
	return []byte(b.String()[:strings.LastIndexByte(b.String()[:n], '\n')+1])
}

func BenchmarkParsePlain1MB(b *testing.B) { benchmark(b, plain(1<<20), Options{}) }
func BenchmarkParseDocker1MB(b *testing.B) {
	benchmark(b, plain(1<<20), Options{Format: Docker, Skipped: func(Fault) {}})
}
func BenchmarkParseTiny(b *testing.B) { benchmark(b, plain(400), Options{Skipped: func(Fault) {}}) }

// Short lines measure the cost of a variable apart from its bytes.
func BenchmarkParseShortLines1MB(b *testing.B) {
	var s strings.Builder
	for i := 0; s.Len() < 1<<20; i++ {
		fmt.Fprintf(&s, "KEY_%d=value%d\n", i, i)
	}
	benchmark(b, []byte(s.String()), Options{})
}

func BenchmarkParseInterpolated1MB(b *testing.B) {
	var s strings.Builder
	s.WriteString("HOST=localhost\n")
	for i := 0; s.Len() < 1<<20; i++ {
		fmt.Fprintf(&s, "URL_%d=http://${HOST}:${PORT:-80}/%d\n", i, i)
	}
	benchmark(b, []byte(s.String()), Options{})
}

func benchmark(b *testing.B, data []byte, o Options) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data, o); err != nil {
			b.Fatal(err)
		}
	}
}
