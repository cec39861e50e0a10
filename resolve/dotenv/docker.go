package dotenv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseDocker reads what docker run --env-file reads (docker/cli, pkg/kvfile): a line is NAME=VALUE, byte for byte, or
// a bare NAME, which takes its value from the environment and is left out when it has none there. Only blank space in
// front of a line, comment lines, a BOM and the CR of a CRLF are dropped. Docker stops at lines of 64 KiB; this does not.
func parseDocker(data []byte, o Options, t *table, f *faults) error {
	if !utf8.Valid(data) {
		return badByte(data, o.File, false)
	}
	text := strings.TrimPrefix(string(data), bom)
	t.reserve(text)
	for number := 1; text != ""; number++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		statement := strings.TrimLeftFunc(line, unicode.IsSpace)
		if statement == "" || statement[0] == '#' {
			continue
		}
		v := Var{Line: number, Column: 1 + utf8.RuneCountInString(line[:len(line)-len(statement)])}
		var ok bool
		v.Name, v.Value, ok = strings.Cut(statement, "=")
		switch {
		case v.Name == "":
			f.add(v.Line, v.Column, `a name before "="`)
			continue
		case strings.ContainsAny(v.Name, " \t"): // Docker looks for no other space here
			f.add(v.Line, v.Column, "a name without blanks in it")
			continue
		case !ok && o.Lookup != nil:
			v.Value, ok = o.Lookup(v.Name)
		}
		if ok {
			t.set(v, 0)
		}
	}
	return nil
}
