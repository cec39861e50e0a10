package inject

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestLimitsAgreeWithTheKernel execs a real binary at the boundary, and one
// byte over it: check must say what the kernel says.
func TestLimitsAgreeWithTheKernel(t *testing.T) {
	const mib = 1 << 20
	shapes := []struct{ args, vars int }{{0, 60}, {1, 60}, {5, 7000}}
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#! /bin/sh  -e \nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, stack := range []int{256 << 10, 3*mib + 12345, 24*mib - 4096, -1} {
		for _, shape := range shapes {
			for _, path := range []string{"/bin/../bin/true", script} {
				for _, delta := range []int{0, 1} {
					t.Run(fmt.Sprintf("stack %d, %d+%d strings, %s, %+d", stack, shape.args, shape.vars, path, delta), func(t *testing.T) {
						out, stderr, code := start(t, nil, "", "helper:fill", strconv.Itoa(stack),
							strconv.Itoa(shape.args), strconv.Itoa(shape.vars), strconv.Itoa(delta), path)
						if code == codeSkip {
							t.Skip("the hard stack limit is lower")
						}
						fits := strings.HasPrefix(out, "fits")
						if execd := code == 0; fits != execd || fits != (delta == 0) {
							t.Errorf("check and the kernel differ: exit code %d\n%s%s", code, out, stderr)
						}
					})
				}
			}
		}
	}
}

// TestStringLimitAgreesWithTheKernel does the same for one string.
func TestStringLimitAgreesWithTheKernel(t *testing.T) {
	l := kernelLimits()
	for delta, want := range []int{0, 125} {
		value := strings.Repeat("x", l.str-len("A=")+delta)
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		// To the helper itself only what fits: the argument grows in its hands.
		for _, argv := range [][]string{{"helper:long", "var", strconv.Itoa(len(value))}, {"helper:long", "arg", strconv.Itoa(l.str + delta)}} {
			out, stderr, code := startPath(t, self, []string{"PATH=/bin"}, "", append([]string{self}, argv...)...)
			if code != want {
				t.Errorf("%v: exit code %d, want %d\n%s%s", argv, code, want, out, stderr)
			}
			if want != 0 && !strings.Contains(out, "check and the kernel refuse it") {
				t.Errorf("%v: %s%s", argv, out, stderr)
			}
		}
	}
}
