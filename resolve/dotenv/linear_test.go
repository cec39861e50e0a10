package dotenv

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// hostile makes inputs of about n bytes, each for a search that could be repeated or a result that could grow without limit.
var hostile = map[string]func(n int) string{
	"an open double quote a line":     repeat("", "A=\"x\n"),
	"an open single quote a line":     repeat("", "A='x\n"),
	"one open quote, many lines":      repeat("A=\"", "B='x'\n"),
	"open quotes of both kinds":       repeat("A=\"\nB='", "\nC=x"),
	"backslashed quotes":              repeat("A=\"", `\"`),
	"a backslashed quote a line":      repeat("", "A=\"\\\"\n"),
	"backslashed quotes of two kinds": repeat("A=\"", "\\'\nB='\\\"\n"),
	"backslashes":                     repeat("A='", `\`),
	"escapes":                         repeat("A=\"", `\n`),
	"an open quoted name a line":      repeat("", "'A\n"),
	"quoted names":                    repeat("", "'A\n'="),
	"lines in a quote":                repeat("A='", "\n"),
	"closed late, then garbage":       repeat("", "A='\n\n\n' x\n"),
	"opened expansions":               repeat("A=", "${"),
	"opened expansions, one closed":   func(n int) string { return "A=" + strings.Repeat("${", n/2) + "}" },
	"expansions that do not match":    repeat("A=", "${a:"),
	"such, closed at the end":         func(n int) string { return "A=" + strings.Repeat("${a:", n/4) + "}" },
	"such, defaults":                  func(n int) string { return "A=" + strings.Repeat("${a:-", n/5) + "}" },
	"dollars":                         repeat("A=", "$"),
	"many expansions":                 repeat("A=\nA=", "${A}"),
	"an expansion of each line":       repeat("A=\n", "A=${A}x\n"),
	"the same on the right":           repeat("A=\n", "A=x${A}\n"),
	"and into one result":             repeat("A=x\n", "A=${A}${A}\n"),
	"doubling":                        func(n int) string { return strings.Repeat("A=${A}${A}\n", n/11-1) + "A=" },
	"doubling nothing":                repeat("A=\n", "A=${A}${A}\n"),
	"a long value, often":             func(n int) string { return "A=" + strings.Repeat("x", n/2) + strings.Repeat("\nB=${A}x", n/16) },
	"long names":                      func(n int) string { return strings.Repeat(strings.Repeat("a", n/16)+"=1\n", 16) },
	"long names, expanded":            func(n int) string { return "A=" + strings.Repeat("${"+strings.Repeat("a", n/16)+"}", 16) },
	"hashes":                          repeat("A=x", "#"),
	"comments that are none":          repeat("A=", "x#"),
	"blanks":                          repeat("", " "),
	"wide blanks":                     repeat("A=x", "\u3000"),
	"blanks, then not a comment":      repeat("A=", "\u3000 x"),
	"newlines":                        repeat("", "\n"),
	"carriage returns":                repeat("", "\r"),
	"exports":                         repeat("", "export "),
	"bad lines":                       repeat("", "=\n"),
	"bad statements of two lines":     repeat("", "A='\n'B\n"),
	"wide names":                      repeat("", "é"),
	"empty assignments":               repeat("", "A=\n"),
	"new names":                       numbered("%x\n"),
	"new names with a value":          numbered("%x=1\n"),
	"new names with an expansion":     numbered("%x=${a}${b}\n"),
	"chains":                          numbered("%[1]x=${a}\na=${%[1]x}x\n"),
}

func repeat(start, unit string) func(int) string {
	return func(n int) string { return start + strings.Repeat(unit, n/len(unit)) }
}

func numbered(format string) func(int) string {
	return func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
}

// TestWorkIsLinear counts how many bytes the parser reads: for each byte of input and result, that number has a limit that
// does not depend on the length of the input. The test does not measure time.
func TestWorkIsLinear(t *testing.T) {
	const perByte = 6
	for name, build := range hostile {
		for _, n := range []int{1 << 10, 1 << 13, 1 << 16} {
			in := build(n)
			text, err := normalise([]byte(in), "")
			if err != nil {
				t.Fatal(err)
			}
			var table table
			p := parser{s: text, line: 1, unset: func(Unset) {}, table: &table, faults: &faults{}}
			p.run()
			vars, _ := table.result("")
			size := len(in)
			for _, v := range vars {
				size += len(v.Value)
			}
			if work := p.work + table.steps; work > perByte*size {
				t.Errorf("%s: %d steps for %d bytes in and out, %.1f each", name, work, size, float64(work)/float64(size))
			}
		}
	}
}

// TestMemoryIsBounded counts all allocations, which are more than the memory in use at any time.
func TestMemoryIsBounded(t *testing.T) {
	const n, perByte, base = 1 << 16, 64, 16 << 10
	for name, build := range hostile {
		for _, format := range []Format{Dotenv, Docker} {
			in := []byte(build(n))
			skipped := 0
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			vars, _ := Parse(in, Options{Format: format, Skipped: func(Fault) { skipped++ }})
			runtime.ReadMemStats(&after)
			size := len(in)
			for _, v := range vars {
				size += len(v.Value)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > uint64(base+perByte*size) {
				t.Errorf("%s, %s: %d bytes allocated for %d in and out, %.1f each", name, format, got, size, float64(got)/float64(size))
			}
		}
	}
}

// A small file needs at most five allocations: they happen at the start of every container.
func TestFewAllocations(t *testing.T) {
	in := []byte("# settings\nHOST=localhost\nexport PORT=\"80\"\nNAME='me' # you\n")
	if got := testing.AllocsPerRun(100, func() { _, _ = Parse(in, Options{}) }); got > 5 {
		t.Errorf("%v allocations", got)
	}
}
