package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestMessagesAsText(t *testing.T) {
	var out bytes.Buffer
	m := NewMessages("squire", &out)
	m.Rename(strings.NewReplacer("SQUIRE_TOKEN", "SQUIRED_TOKEN"))
	m.Debugf("not shown")
	m.Infof("not shown")
	m.Warnf("%d\nlines\x1b[2J", 2)
	m.Errors([]error{errors.New("first"), errors.New("second")}, "set SQUIRE_TOKEN")
	token := "squire_" + strings.Repeat("a", 43)
	m.Warn("cannot open " + token)
	want := "squire: warning: 2?lines?[2J\nsquire: error: first\nsquire: error: second\nsquire: hint: set SQUIRED_TOKEN\nsquire: warning: cannot open [redacted]\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	out.Reset()
	m.Set("debug", "text")
	m.Debugf("shown")
	m.Infof("shown")
	if out.String() != "squire: debug: shown\nsquire: info: shown\n" {
		t.Errorf("%q", out.String())
	}
}

func TestMessagesAsJSON(t *testing.T) {
	var out bytes.Buffer
	m := NewMessages("squire", &out)
	m.Set("error", "json")
	m.Warnf("not shown")
	m.Errors([]error{errors.New("first"), errors.New("second")}, "try again")
	decoder := json.NewDecoder(&out)
	for _, want := range []map[string]string{{"message": "first"}, {"message": "second", "hint": "try again"}} {
		var got map[string]string
		if err := decoder.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got["level"] != "error" || got["message"] != want["message"] || got["hint"] != want["hint"] || got["time"] == "" {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

// Messages of a parent must not wait for a reader of standard error.
func TestDetachedMessagesDoNotBlock(t *testing.T) {
	r, w := io.Pipe() // takes nothing until somebody reads
	m := NewMessages("squire", w)
	m.Set("info", "text")
	m.Detach()
	for range 300 {
		m.Infof("started sh as process 1")
		m.Infof("it ended with 1")
		m.Warnf("sh ended with 1; it starts again in 1s")
	}
	m.Flush() // gives up after its timeout
	m.Warnf("nobody hears this")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}
