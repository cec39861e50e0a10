package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// PrintJSON prints v, indented, for people and programs alike.
func PrintJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Count is a number of things, such as "1 access" and "2 accesses".
func Count[N int | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Time is a time in a table. Programs read JSON, which has all digits.
func Time(t time.Time) string { return t.UTC().Format(timeLayout) }

const timeLayout = "2006-01-02 15:04:05Z"

// Terminal returns the file of a stream if it is a terminal.
func Terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}
