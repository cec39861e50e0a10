package dotenv

import (
	"encoding/binary"
	"errors"
	"testing"
	"unicode/utf16"
)

func TestEncoding(t *testing.T) {
	const text = "# für alle\nNAME=value\nOTHER=\"zwei Wörter\"\n"
	utf16of := func(order binary.AppendByteOrder, text string) (data []byte) {
		for _, unit := range utf16.Encode([]rune(text)) {
			data = order.AppendUint16(data, unit)
		}
		return data
	}
	utf32of := func(order binary.AppendByteOrder, text string) (data []byte) {
		for _, r := range text {
			data = order.AppendUint32(data, uint32(r))
		}
		return data
	}
	for want, all := range map[string][][]byte{
		"":         {nil, []byte(text), []byte("\ufeff" + text), []byte("A=\x00"), []byte("A=a\x00b\nB=1"), []byte("A=\xe9"), []byte("\x00"), []byte("A"), []byte("SECRET=a\x00b\x00c")},
		"UTF-16":   {utf16of(binary.LittleEndian, "\ufeff"+text), utf16of(binary.BigEndian, "\ufeff"+text), utf16of(binary.LittleEndian, "\ufeff")},
		"UTF-32":   {utf32of(binary.LittleEndian, "\ufeff"+text), utf32of(binary.BigEndian, "\ufeff"+text)},
		"UTF-16LE": {utf16of(binary.LittleEndian, text), utf16of(binary.LittleEndian, "A=1"), utf16of(binary.LittleEndian, "# 你好\nA=1\nB=2\n")},
		"UTF-16BE": {utf16of(binary.BigEndian, text), utf16of(binary.BigEndian, "A=1")},
		"UTF-32LE": {utf32of(binary.LittleEndian, text), utf32of(binary.LittleEndian, "A=1")},
		"UTF-32BE": {utf32of(binary.BigEndian, text), utf32of(binary.BigEndian, "A=1")},
		"gzip":     {[]byte("\x1f\x8b\x08\x00\x00")},
	} {
		for _, data := range all {
			if got := Encoding(data); got != want {
				t.Errorf("%q: %q, want %q", data, got, want)
			}
		}
	}
}

func TestEncodingErrorHasAHint(t *testing.T) {
	for _, c := range []struct{ file, data, text, hint string }{
		{"a.env", "\xff\xfeA\x00", "a.env: not UTF-8: this looks like UTF-16", "iconv -f UTF-16 -t UTF-8 a.env > NEW"},
		{"a b.env", "\x1f\x8b", "a b.env: not UTF-8: this looks like gzip", "gunzip -c FILE > NEW"},
		{"", "A=\xe9", "not UTF-8 at line 1, column 3", "if it is Latin-1: iconv -f ISO-8859-1 -t UTF-8 FILE > NEW"},
	} {
		_, err := Parse([]byte(c.data), Options{File: c.file})
		var encoding *EncodingError
		if !errors.As(err, &encoding) || err.Error() != c.text || encoding.Hint() != c.hint {
			t.Errorf("%q: %v, hint %q", c.data, err, encoding.Hint())
		}
	}
}
