package dotenv

import (
	"fmt"
	"strings"
	"testing"
)

// A position is that of the first character of the last assignment.
func TestPositions(t *testing.T) {
	in := "\ufeffA=1\r\n\r# c\n \t\u3000export B='x\ny\r\nz' # c\n\n  'C\nD'=2\nE=\"\u00e9\"\nbad line\n\u2028F\nA=3"
	vars, err := Parse([]byte(in), Options{Skipped: func(Fault) {}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range vars {
		got = append(got, fmt.Sprintf("%s@%d:%d", v.Name, v.Line, v.Column))
	}
	if want := "A@13:1 B@4:4 C\nD@8:3 E@10:1 F@12:2"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, " "), want)
	}
}

// The first 20 bad statements are listed, the others are counted; each error is one line.
func TestFaultsAreNamedAndCounted(t *testing.T) {
	for _, test := range []struct {
		bad  int
		last string
	}{
		{1, "x/.env:2:3: expected a name"},
		{20, "x/.env:40:3: expected a name"},
		{21, "x/.env: and 1 more bad line"},
		{1020, "x/.env: and 1000 more bad lines"},
	} {
		_, err := Parse([]byte(strings.Repeat("A=1\n  =secret\n", test.bad)), Options{File: "x/.env"})
		syntax, ok := err.(*SyntaxError)
		if !ok {
			t.Fatalf("%d bad: %v", test.bad, err)
		}
		lines := syntax.Unwrap()
		if want := min(test.bad, 21); len(lines) != want || strings.Count(err.Error(), "\n") != want-1 {
			t.Errorf("%d bad: %d errors, want %d, in\n%v", test.bad, len(lines), want, err)
		}
		if got := lines[len(lines)-1].Error(); got != test.last || !strings.HasSuffix(err.Error(), test.last) {
			t.Errorf("%d bad: the last is %q, want %q", test.bad, got, test.last)
		}
		if got, want := lines[0], (Fault{"x/.env", 2, 3, "a name"}); got != want {
			t.Errorf("%d bad: the first is %#v", test.bad, got)
		}
	}
}
