package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestRun runs the real go test on a package with a test of each outcome.
func TestRun(t *testing.T) {
	const skips = `skipped: 3
  deploy/gotest/testdata/kinds TestSkips: no engine here
  deploy/gotest/testdata/kinds TestSkipsWithin/a_part: needs root
  deploy/gotest/testdata/kinds TestSkipsWithin/another: no reason given
`
	for _, c := range []struct {
		kind string
		args []string
		code int
		has  []string
		ends string
	}{
		{"pass", []string{"./testdata/kinds"}, 0, []string{"ok  \tgithub.com/squire-env/squire/deploy/gotest/testdata/kinds"}, skips},
		{"pass", []string{"-run", "TestPasses", "./testdata/kinds"}, 0, nil, "nothing was skipped\n"},
		{"fail", []string{"./testdata/kinds"}, 1, []string{"--- FAIL: TestFails/part", "it failed", "FAIL\tgithub.com/"}, skips},
		{"panic", []string{"./testdata/kinds"}, 1, []string{"panic: it panicked", "FAIL\tgithub.com/"}, skips},
		{"pass", []string{"./testdata/none"}, 1, []string{"FAIL\t./testdata/none"}, "nothing was skipped\n"},
	} {
		t.Setenv("KINDS", c.kind)
		var out, errs bytes.Buffer
		code := run(append([]string{"-count=1"}, c.args...), &out, &errs)
		if code != c.code || !strings.HasSuffix(out.String(), c.ends) || strings.Contains(out.String(), "not printed") {
			t.Errorf("%s %v: exit code %d\n%s\n%s", c.kind, c.args, code, out.String(), errs.String())
		}
		for _, text := range c.has {
			if !strings.Contains(out.String()+errs.String(), text) {
				t.Errorf("%s %v: no %q in\n%s", c.kind, c.args, text, out.String())
			}
		}
	}
}
