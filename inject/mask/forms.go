package mask

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// forms lists the texts under which a value is known. A text may be there
// twice, or be too short to be hidden.
func forms(value string) []pattern {
	var f list
	f.add(value)
	if trimmed := strings.TrimSpace(value); trimmed != value {
		f.add(trimmed) // a file's last newline, which a program drops before it encodes the rest
	}
	return f.patterns
}

type list struct {
	patterns []pattern
	texts    map[string]bool // those that are plain
}

func (f *list) add(value string) {
	if len(value) < MinLen {
		return
	}
	f.lines(value)
	f.url(value)
	f.json(value)
	f.quoted(value)
	f.text(hexed{value, lowerHex}, hexed{value, upperHex})
	for _, alphabet := range []string{stdAlphabet, urlAlphabet} {
		for lead := range 3 {
			f.base64(value, alphabet, lead)
		}
	}
	f.wrapped(value, 76) // base64, openssl base64
	f.wrapped(value, 64)
}

func (f *list) text(patterns ...pattern) {
	for _, p := range patterns {
		if p.Len() >= MinLen {
			f.patterns = append(f.patterns, p)
		}
	}
}

func (f *list) plain(texts ...string) {
	if f.texts == nil {
		f.texts = map[string]bool{}
	}
	for _, t := range texts {
		if !f.texts[t] {
			f.texts[t] = true
			f.text(plain(t))
		}
	}
}

// lines adds the value as it is, as a terminal shows it, and each line on its
// own, as where a log indents them.
func (f *list) lines(value string) {
	f.plain(value)
	if !strings.Contains(value, "\n") {
		return
	}
	f.plain(strings.ReplaceAll(value, "\n", "\r\n"))
	for line := range strings.SplitSeq(value, "\n") {
		f.plain(strings.TrimSpace(line))
	}
}

// url adds what a query, a path, a password before a host, and JavaScript's
// encodeURIComponent make of it, with escapes of either case.
func (f *list) url(value string) {
	query := url.QueryEscape(value)
	spaced := strings.ReplaceAll(query, "+", "%20")
	component := strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(spaced)
	_, user, _ := strings.Cut(url.UserPassword("", value).String(), ":")
	for _, text := range []string{query, spaced, url.PathEscape(value), component, user} {
		if text != value {
			f.plain(text, lowerEscapes(text))
		}
	}
}

func lowerEscapes(text string) string {
	out := []byte(text)
	for i := 0; i+2 < len(out); i++ {
		if out[i] == '%' {
			copy(out[i+1:], bytes.ToLower(out[i+1:i+3]))
		}
	}
	return string(out)
}

// json adds the inside of JSON strings: with and without what keeps it safe in
// HTML, with \/ as PHP writes it, and with ASCII alone as Python does.
func (f *list) json(value string) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, html := range []bool{true, false} {
		out.Reset()
		enc.SetEscapeHTML(html)
		if enc.Encode(value) != nil {
			return // does not happen with a string
		}
		text := strings.TrimSuffix(out.String(), "\n")
		text = text[1 : len(text)-1]
		for _, t := range []string{text, strings.ReplaceAll(text, "/", `\/`)} {
			for _, t := range []string{t, ascii(t)} {
				if t != value {
					f.plain(t)
				}
			}
		}
	}
}

// quoted adds what a shell makes of it (set -x, export -p), the inside of a
// Python string, of SQL or YAML in single quotes, of HTML, and of
// JSON in JSON.
func (f *list) quoted(value string) {
	if !strings.ContainsAny(value, "'\"\\$`&<>\n\t\r") {
		return
	}
	for _, pairs := range quotes() {
		if text := strings.NewReplacer(pairs...).Replace(value); text != value {
			f.plain(text)
		}
	}
}

// quotes are pairs of what is replaced and by what.
func quotes() [][]string {
	return [][]string{
		{`'`, `'\''`},
		{`'`, `'"'"'`},
		{`'`, `''`},
		{`\`, `\\`, `"`, `\"`, `$`, `\$`, "`", "\\`"},
		{`\`, `\\`, `'`, `\'`, "\n", `\n`, "\t", `\t`, "\r", `\r`},
		{`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`}, // in double quotes, for it has single ones
		{`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`},
		{`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `"`, `&#34;`, `'`, `&#39;`}, // Go
		{`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `"`, `&quot;`},
		{`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `"`, `&quot;`, `'`, `&#x27;`}, // Python
		{`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `"`, `&quot;`, `'`, `&#039;`}, // PHP
		{`\`, `\\\\`, `"`, `\\\"`, "\n", `\\n`, "\t", `\\t`, "\r", `\\r`},
	}
}

func ascii(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		switch high, low := utf16.EncodeRune(r); {
		case r < utf8.RuneSelf:
			out.WriteByte(byte(r))
		case high != utf8.RuneError:
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

// base64 adds the value after lead other bytes: the letters that it alone
// decides, whatever follows it; and at the end of the text, with and without
// padding.
func (f *list) base64(value, alphabet string, lead int) {
	first, ends := lead+(lead+1)/2, ends(lead+len(value))
	for _, end := range ends {
		f.text(base64ed{value, alphabet, lead, first, end})
	}
}

// wrapped adds the lines of the value's base64, where it has more than one.
func (f *list) wrapped(value string, width int) {
	ends := ends(len(value))
	if ends[0] <= width {
		return
	}
	for first := 0; first < ends[2]; first += width {
		if next := first + width; next <= ends[0] {
			f.text(base64ed{value, stdAlphabet, 0, first, next})
			continue
		}
		for _, end := range ends {
			f.text(base64ed{value, stdAlphabet, 0, first, min(first+width, end)})
		}
	}
}

// ends is where the base64 of size bytes ends: the letters that more bytes
// would not change, all letters, and all with their padding.
func ends(size int) [3]int {
	return [3]int{8 * size / 6, (8*size + 5) / 6, (size + 2) / 3 * 4}
}
