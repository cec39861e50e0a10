package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is a line of go test -json: see go doc test2json.
type event struct {
	Action, Package, Test, Output string
}

// report prints events as go test would without -json and without -v, and collects
// the tests that were skipped.
type report struct {
	out     io.Writer
	skipped []string

	tests map[string]*test // that have not ended, by package and name
	order []*test
}

// test is what a test has printed.
type test struct {
	pkg, name string
	output    []string
}

func (r *report) read(events io.Reader) {
	r.tests = map[string]*test{}
	lines := bufio.NewReader(events)
	for {
		line, err := lines.ReadString('\n')
		var e event
		switch {
		case line == "":
		case json.Unmarshal([]byte(line), &e) != nil:
			fmt.Fprint(r.out, line)
		default:
			r.event(e)
		}
		if err != nil {
			return
		}
	}
}

func (r *report) event(e event) {
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.out, e.Output)
	case e.Test != "":
		r.testEvent(e)
	case e.Action == "fail": // a panic or a timeout leaves tests without an end
		for _, t := range slices.Clone(r.order) {
			if t.pkg == e.Package {
				r.print(t)
			}
		}
	case e.Action == "output" && e.Output != "PASS\n":
		fmt.Fprint(r.out, e.Output)
	}
}

func (r *report) testEvent(e event) {
	key := e.Package + "\x00" + e.Test
	t := r.tests[key]
	if t == nil {
		t = &test{pkg: e.Package, name: e.Test}
		r.tests[key], r.order = t, append(r.order, t)
	}
	switch e.Action {
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			t.output = append(t.output, e.Output)
		}
	case "pass", "bench":
		r.end(t)
	case "skip":
		r.skipped = append(r.skipped, fmt.Sprintf("%s %s: %s", short(t.pkg), t.name, t.reason()))
		r.end(t)
	case "fail":
		r.print(t)
	}
}

func (r *report) print(t *test) {
	for _, text := range t.output {
		fmt.Fprint(r.out, text)
	}
	r.end(t)
}

func (r *report) end(t *test) {
	delete(r.tests, t.pkg+"\x00"+t.name)
	r.order = slices.DeleteFunc(r.order, func(other *test) bool { return other == t })
}

// reason is what a test said last before it was skipped, without its place.
func (t *test) reason() string {
	for _, text := range slices.Backward(t.output) {
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "--- SKIP") {
			continue
		}
		if place, why, found := strings.Cut(text, ": "); found && strings.Contains(place, ".go:") {
			text = why
		}
		return text
	}
	return "no reason given"
}

func short(pkg string) string { return strings.TrimPrefix(pkg, "github.com/squire-env/squire/") }

// summary lists what was skipped. What is skipped within a test is part of it.
func (r *report) summary() {
	if len(r.skipped) == 0 {
		fmt.Fprintln(r.out, "nothing was skipped")
		return
	}
	slices.Sort(r.skipped)
	fmt.Fprintf(r.out, "skipped: %d\n", len(r.skipped))
	for _, line := range r.skipped {
		fmt.Fprintln(r.out, "  "+line)
	}
}
