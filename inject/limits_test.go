package inject

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/squire-env/squire/resolve"
)

func TestCheckSays(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name       string
		argv       []string
		environ    []string
		l          limits
		want, hint string
	}{
		{name: "fits", argv: []string{"c"}, environ: []string{"A=1"}, l: limits{str: 3, total: 2 + 2 + 4 + 16, pointer: 8}},
		{name: "nothing limited", argv: []string{"c"}, environ: []string{"A=" + x(1000)}},
		{name: "one byte over the total", argv: []string{"c"}, environ: []string{"A=1"}, l: limits{total: 2 + 2 + 4 + 16 - 1, pointer: 8},
			want: "the command line of 1 and the environment of 1 strings take 24 bytes, and the kernel takes at most 23; the largest: A (3), the command's name (1)",
			hint: "put the largest into files, or pass fewer variables (--clean inherits none)"},
		{name: "the largest come first", argv: []string{"c", x(20)}, environ: []string{"A=1", "B=" + x(30), "C=" + x(10), x(40)}, l: limits{total: 100, pointer: 8, advice: "ulimit -s %d"},
			want: "the command line of 2 and the environment of 4 strings take 164 bytes, and the kernel takes at most 100; the largest: an inherited string without a name (40), B (32), argument 1 (20)",
			hint: "put the largest into files, or pass fewer variables (--clean inherits none), or raise the limit: ulimit -s 1"},
		{name: "all that are too long", argv: []string{x(11), "ok", x(12)}, environ: []string{"A=" + x(9), "B=" + x(8), x(20)}, l: limits{str: 10},
			want: "the command's name is 11 bytes long, and the kernel takes at most 10 in one argument or NAME=value\n" +
				"argument 2 is 12 bytes long, and the kernel takes at most 10 in one argument or NAME=value\n" +
				"A is 11 bytes long, and the kernel takes at most 10 in one argument or NAME=value\n" +
				"an inherited string without a name is 20 bytes long, and the kernel takes at most 10 in one argument or NAME=value",
			hint: "put it into a file, and give the command the name of the file"},
		{name: "NUL", argv: []string{"c", "a\x00b"}, want: "argument 1 holds a NUL byte, which no argument can"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := check("p", test.argv, test.environ, test.l)
			if err == nil {
				if test.want != "" {
					t.Error("no fault")
				}
				return
			}
			if d := cmp.Diff(test.want, err.Error()); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(test.hint, resolve.Hint(err)); d != "" {
				t.Error(d)
			}
			if test.hint != "" && !errors.Is(err, ErrTooLarge) {
				t.Error("not an ErrTooLarge")
			}
		})
	}
}
