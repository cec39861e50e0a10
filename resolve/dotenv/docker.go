package dotenv

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// parseDocker parses the format of docker run --env-file (docker/cli, pkg/kvfile): a line is NAME=VALUE, byte for byte,
// or NAME only, which takes its value from the environment and is ignored if it is not set there. White space before a
// line, comment lines, a BOM and the CR of a CRLF are ignored. Docker fails for lines of more than 64 KiB; this does not.
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
		case strings.ContainsAny(v.Name, " \t"): // Docker does not check for other white space
			f.add(v.Line, v.Column, "a name without spaces or tabs")
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
