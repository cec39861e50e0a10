package main

// The rules of what squired's commands say:
//
//   - Standard error only. Standard output is what the user asked to see.
//   - One "squired: error: …" line a fault, then at most one "squired: hint: …"
//     with something to type.
//   - No value, no key and no token, nor anything that was typed and may be one.

import (
	"fmt"
	"io"
	"strings"

	"github.com/squire-env/squire/resolve"
)

type messages struct{ stderr io.Writer }

func (m messages) warn(text string) { m.write("warning", text) }

func (m messages) fail(faults []error, hint string) {
	for _, f := range faults {
		m.write("error", f.Error())
	}
	if hint != "" {
		m.write("hint", hint)
	}
}

func (m messages) write(kind, text string) {
	fmt.Fprintf(m.stderr, "squired: %s: %s\n", kind, resolve.HideSlips(oneLine(ours.Replace(text))))
}

// oneLine keeps a fault to its line, whatever a file name holds.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}

// ours are the names that the embedded service has for what squired has under
// its own.
var ours = strings.NewReplacer(
	"SQUIRE_DATA_DIR", "SQUIRED_DATA_DIR",
	"SQUIRE_MASTER_KEY", "SQUIRED_MASTER_KEY", // and …_FILE
	"SQUIRE_TOKEN", "SQUIRED_TOKEN",
)
