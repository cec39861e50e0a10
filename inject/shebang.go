package inject

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
)

// headSize is as much of a file as the kernel looks at.
const headSize = 256

// readHead reads the beginning of a file, for a message about it.
func readHead(path string) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	head, _ := io.ReadAll(io.LimitReader(f, headSize))
	return head
}

// shebang is the interpreter that a script's first line names, and the rest of
// the line, which is one argument: as fs/binfmt_script.c reads it.
func shebang(head []byte) (interpreter, arg string, ok bool) {
	line, ok := bytes.CutPrefix(head, []byte("#!"))
	if !ok {
		return "", "", false
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	text := strings.Trim(string(line), " \t")
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[:i], strings.TrimLeft(text[i:], " \t"), true
	}
	return text, "", true
}

// isText says whether a file is for people: no control bytes in its head.
func isText(head []byte) bool {
	return bytes.IndexFunc(head, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\t' && r != '\r' && r != '\f'
	}) < 0
}

// quote makes a path one word for a message and for a shell.
func quote(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+@%,:\\", r)
	}
	switch {
	case strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0:
		return path
	case strings.IndexFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\'' }) < 0:
		return "'" + path + "'"
	}
	return strconv.Quote(path)
}
