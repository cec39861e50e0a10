package dotenv

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// CheckUTF8 returns an *[EncodingError] for a text file that is not UTF-8. UTF-16 without a byte order mark may be valid
// UTF-8 with NUL bytes, which Parse accepts; this does not.
func CheckUTF8(data []byte, file string) error {
	if encoding := Encoding(data); encoding != "" {
		return &EncodingError{File: file, Encoding: encoding}
	}
	if !utf8.Valid(data) {
		return badByte(data, file, true)
	}
	return nil
}

// sampled is how many bytes of a file Encoding looks at.
const sampled = 256

// Encoding guesses what a file is that is not UTF-8, from its beginning: a name that iconv knows, or "gzip"; "" if it is
// UTF-8 or unknown. UTF-16 and UTF-32 without a byte order mark are recognised where most characters are ASCII.
func Encoding(data []byte) string {
	data = data[:min(len(data), sampled)]
	for _, mark := range [...]struct{ bytes, encoding string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"}, {"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"}, {"\x1f\x8b", "gzip"},
	} {
		if bytes.HasPrefix(data, []byte(mark.bytes)) {
			return mark.encoding
		}
	}
	if len(data) < 2 || bytes.IndexByte(data, 0) < 0 {
		return ""
	}
	var zeros [4]int // by position in a group of four bytes
	for i, b := range data {
		if b == 0 {
			zeros[i%4]++
		}
	}
	often := func(positions ...int) bool {
		for _, p := range positions {
			if 2*zeros[p] <= len(data)/4 {
				return false
			}
		}
		return true
	}
	switch {
	case often(2, 3) && zeros[0] == 0:
		return "UTF-32LE"
	case often(0, 1) && zeros[3] == 0:
		return "UTF-32BE"
	case often(1) && zeros[0]+zeros[2] == 0:
		return "UTF-16LE"
	case often(0) && zeros[1]+zeros[3] == 0:
		return "UTF-16BE"
	}
	return ""
}

// Convert is a command that makes UTF-8 of a file in an encoding that Encoding returned; "" is Latin-1, perhaps. A name
// that a shell would not take as it is, is FILE.
func Convert(file, encoding string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r)
	}
	if file == "" || strings.IndexFunc(file, func(r rune) bool { return !plain(r) }) >= 0 {
		file = "FILE"
	}
	switch encoding {
	case "gzip":
		return "gunzip -c " + file + " > NEW"
	case "":
		return "if it is Latin-1: iconv -f ISO-8859-1 -t UTF-8 " + file + " > NEW"
	}
	return "iconv -f " + encoding + " -t UTF-8 " + file + " > NEW"
}
