package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/squire-env/squire/resolve"
)

func masker(values ...string) *Masker {
	m := New()
	for _, v := range values {
		m.Add(resolve.NewValue(v))
	}
	return m
}

// through writes the pieces one after the other.
func through(m *Masker, pieces ...string) string {
	var out bytes.Buffer
	w := m.Writer(&out)
	for _, p := range pieces {
		if n, err := w.Write([]byte(p)); n != len(p) || err != nil {
			panic(fmt.Sprint(n, err))
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.String()
}

func TestWhatIsHidden(t *testing.T) {
	const pem = "-----BEGIN KEY-----\nMIIEvQIBADAN\nshort\n  indented line\n-----END KEY-----\n"
	for _, c := range []struct {
		name   string
		values []string
		in     string
		want   string
	}{
		{"nothing to hide", nil, "a line\n", "a line\n"},
		{"short values", []string{"12345", ""}, "12345\n", "12345\n"},
		{"six bytes", []string{"123456"}, "a 123456 b 12345 c", "a [redacted] b 12345 c"},
		{"at both ends", []string{"s3cret!"}, "s3cret! and s3cret!", "[redacted] and [redacted]"},
		{"twice in a row", []string{"s3cret!"}, "s3cret!s3cret!", "[redacted][redacted]"},
		{"a prefix of another", []string{"s3cret!", "s3cret!-long"}, "s3cret!-long s3cret!-lo.", "[redacted] [redacted]-lo."},
		{"an infix of another", []string{"s3cret!", "my-s3cret!-long"}, "my-s3cret!-long s3cret!", "[redacted] [redacted]"},
		{"overlapping", []string{"abcdefgh", "efghijkl"}, "abcdefghijkl", "[redacted]"},
		{"itself overlapping", []string{"aaaaaa"}, "baaaaaaaaab", "b[redacted]b"},
		{"an almost", []string{"aaaaab"}, "aaaaaaaaab aaaaac", "aaaa[redacted] aaaaac"},
		{"NUL and high bytes", []string{"\x00\xff\x00\xfe\x00\xfd"}, "\x00\x00\xff\x00\xfe\x00\xfd", "\x00[redacted]"},
		{"many lines", []string{pem}, "x" + pem + "y", "x[redacted]y"},
		{"as a terminal shows them", []string{pem}, "x" + strings.ReplaceAll(pem, "\n", "\r\n") + "y", "x[redacted]y"},
		{"indented", []string{pem}, "\tMIIEvQIBADAN\n\tshort\n\tindented line\n", "\t[redacted]\n\tshort\n\t[redacted]\n"},
		{"without its newline", []string{"s3cret!\n"}, "token=s3cret!; b=" + base64.StdEncoding.EncodeToString([]byte("s3cret!")), "token=[redacted]; b=[redacted]"},
		{"the mask itself", []string{"redacted"}, "redacted", "[redacted]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := masker(c.values...)
			if d := cmp.Diff(c.want, through(m, c.in)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if d := cmp.Diff(c.want, through(m, strings.Split(c.in, "")...)); d != "" {
				t.Errorf("byte by byte: -want +got:\n%s", d)
			}
		})
	}
}

// encodings are those of the real libraries, not ours.
func encodings(value string) map[string]string {
	quoted := func(html bool) string {
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(html)
		if err := enc.Encode(value); err != nil {
			panic(err)
		}
		return strings.Trim(out.String(), "\n")[1 : out.Len()-2]
	}
	raw := []byte(value)
	_, password, _ := strings.Cut(url.UserPassword("", value).String(), ":")
	all := map[string]string{
		"raw": value, "crlf": strings.ReplaceAll(value, "\n", "\r\n"),
		"base64": base64.StdEncoding.EncodeToString(raw), "base64 raw": base64.RawStdEncoding.EncodeToString(raw),
		"base64url": base64.URLEncoding.EncodeToString(raw), "base64url raw": base64.RawURLEncoding.EncodeToString(raw),
		"hex": hex.EncodeToString(raw), "HEX": strings.ToUpper(hex.EncodeToString(raw)),
		"query": url.QueryEscape(value), "path": url.PathEscape(value), "password": password,
		"%20":  strings.ReplaceAll(url.QueryEscape(value), "+", "%20"),
		"json": quoted(true), "json without html": quoted(false),
		"json with \\/": strings.ReplaceAll(quoted(false), "/", `\/`),
	}
	return all
}

func TestEncodings(t *testing.T) {
	for _, value := range []string{
		"plainvalue", "p@ss w/o+&<rd>?=%~'\"\\", "two\nlines of it\n", "žluťoučký kůň 🐎", "\xff\xfe\xfd\xfc\xfb\xfa",
		"pässwörd", strings.Repeat("key/material+", 300),
	} {
		m := masker(value)
		for name, text := range encodings(value) {
			if got := through(m, "<", text, ">"); got != "<"+resolve.Redacted+">" {
				t.Errorf("%q as %s: %q", value[:6], name, got)
			}
			if i := strings.IndexByte(text, '%'); i >= 0 && name == "query" {
				if got := through(m, "<", lowerEscapes(text), ">"); got != "<"+resolve.Redacted+">" {
					t.Errorf("%q as %s in lower case: %q", value[:6], name, got)
				}
			}
		}
	}
}

func TestEncodingsOfOthers(t *testing.T) {
	for _, c := range []struct{ name, value, text string }{
		{"Python's json.dumps", "pässwörd🐎", `p\u00e4ssw\u00f6rd\ud83d\udc0e`},
		{"PHP's json_encode", "päss/wörd", `p\u00e4ss\/w\u00f6rd`},
		{"dash's set -x", `it's $5&<"`, `it'"'"'s $5&<"`},
		{"bash's set -x", `it's $5&<"`, `it'\''s $5&<"`},
		{"bash's declare -p", "it's $5&<\"`\\", "it's \\$5&<\\\"\\`\\\\"},
		{"Python's repr", "it's \\ \"\n5", `it\'s \\ "\n5`},
		{"Python's repr in double quotes", "it's \\ \n5", `it's \\ \n5`},
		{"SQL", "it's $5", "it''s $5"},
		{"Go's html", `it's <"&>`, "it&#39;s &lt;&#34;&amp;&gt;"},
		{"Python's html", `it's <"&>`, "it&#x27;s &lt;&quot;&amp;&gt;"},
		{"PHP's htmlspecialchars", `it's <"&>`, "it&#039;s &lt;&quot;&amp;&gt;"},
		{"XML", `it's <"&>`, `it's &lt;"&amp;&gt;`},
		{"JSON in JSON", "it's \\ \"\n5", `it's \\\\ \\\"\\n5`},
		{"encodeURIComponent", "it's (mine)! *", `it's%20(mine)!%20*`},
	} {
		if got := through(masker(c.value), "<", c.text, ">"); got != "<[redacted]>" {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	value := strings.Repeat("0123456789 abcdefghi", 19)
	for _, width := range []int{64, 76} { // openssl base64; base64
		var lines []string
		text := base64.StdEncoding.EncodeToString([]byte(value))
		for len(text) > width {
			lines, text = append(lines, text[:width]), text[width:]
		}
		lines = append(lines, text)
		want := strings.Repeat("[redacted]\n", len(lines))
		if got := through(masker(value), strings.Join(lines, "\n")+"\n"); got != want {
			t.Errorf("base64 in lines of %d: %q", width, got)
		}
	}
}

// Within the base64 of a longer text the letters that mix the value with its
// neighbours may stay, and no other.
func TestBasicAuth(t *testing.T) {
	const value = "s3cret-pass+word>?"
	m := masker(value)
	for lead := range 7 {
		for trail := range 4 {
			text := strings.Repeat("u", lead) + value + strings.Repeat("t", trail)
			for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
				whole := enc.EncodeToString([]byte(text))
				got := through(m, whole)
				first, last := (8*lead+5)/6, 8*(lead+len(value))/6
				want := whole[:first] + resolve.Redacted
				if trail > 0 {
					want += whole[last:]
				}
				// One letter more may be hidden by chance: where the neighbour's bits are all 0.
				if got != want && got != whole[:first]+resolve.Redacted+whole[min(last+1, len(whole)):] {
					t.Errorf("lead %d, trail %d: %s: got %s, want %s", lead, trail, whole, got, want)
				}
			}
		}
	}
}

func TestAddWhileWriting(t *testing.T) {
	m := masker("first-value")
	var out bytes.Buffer
	w := m.Writer(&out)
	write(t, w, "first-value second-value fir")
	m.Add(resolve.NewValue("second-value"))
	write(t, w, "st-value second-value\n")
	if got := out.String(); got != "[redacted] second-value [redacted] [redacted]\n" {
		t.Error(got)
	}
}

func TestOldValuesAreForgottenInTheEnd(t *testing.T) {
	m := masker("the-first-of-all")
	value := func(i int) string { return fmt.Sprintf("value-%06d", i) }
	for i := range maxOldValues {
		m.Add(resolve.NewValue(value(i)))
	}
	if got := through(m, "the-first-of-all "+value(0)); got != "[redacted] [redacted]" {
		t.Error(got)
	}
	m.Add(resolve.NewValue("one-more-value"))
	if got := through(m, "the-first-of-all "+value(0)+" one-more-value"); got != "the-first-of-all [redacted] [redacted]" {
		t.Error(got)
	}
	m = masker(strings.Repeat("a", maxOldBytes), "b-is-older-than-c", "c-is-the-latest")
	if n := len(m.values); n != 2 {
		t.Errorf("%d values", n)
	}
	before := m.current.Load()
	m.Add(resolve.NewValue("b-is-older-than-c"))
	if m.current.Load() != before || m.values[1] != "b-is-older-than-c" {
		t.Error("a known value is only moved to the end")
	}
}

func write(t *testing.T, w *Writer, text string) {
	t.Helper()
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestIdle(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		writes []string
		shown  []string // after each write and the Idle that follows
		end    string
	}{
		{"a prompt is let go", []string{"word: is my secret"}, []string{"Password: "}, []string{"Password: "}, "Password: "},
		{"the rest is hidden", []string{"word: is my secret"}, []string{"Password: ", "is my secret!"}, []string{"Password: ", "Password: [redacted]!"}, "Password: [redacted]!"},
		{"typed", []string{"abcdefghijklmnopqrstuvwxyz"}, []string{"abcdefg", "h", "i", "j", "-"}, []string{"abcdefg", "abcdefgh", "abcdefgh", "abcdefgh", "abcdefghij-"}, "abcdefghij-"},
		{"half of it is held", []string{"abcdef"}, []string{"ab", "c", "x"}, []string{"ab", "ab", "abcx"}, "abcx"},
		{"a value inside of a beginning", []string{"xabcdefyyyyyyyyyyyyyyyy", "abcdef"}, []string{"xabcdef", "!"}, []string{"x", "x[redacted]!"}, "x[redacted]!"},
		{"the longer of two", []string{"abcdef", "abcdefghij"}, []string{"abcdefg", "hij."}, []string{"[redacted]", "[redacted]."}, "[redacted]."},
		{"the end of a line", []string{"first line\nsecond line"}, []string{"first line\r\n", "done"}, []string{"[redacted]\r\n", "[redacted]\r\ndone"}, "[redacted]\r\ndone"},
		{"and what follows it", []string{"first line\nsecond line"}, []string{"first line\r\n", "second line\r\n"}, []string{"[redacted]\r\n", "[redacted]\r\n\r\n"}, "[redacted]\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			w := masker(c.values...).Writer(&out)
			for i, text := range c.writes {
				write(t, w, text)
				if err := w.Idle(); err != nil {
					t.Fatal(err)
				}
				if got := out.String(); got != c.shown[i] {
					t.Errorf("after %q: %q, want %q", text, got, c.shown[i])
				}
			}
			if err := w.Close(); err != nil || out.String() != c.end {
				t.Errorf("at the end: %q, want %q (%v)", &out, c.end, err)
			}
		})
	}
}

func TestBeginningAtTheEnd(t *testing.T) {
	const value = "0123456789abcdefghijklmnopqrstuvwxyz0123456789"
	for n, want := range map[int]string{5: "x01234", 15: "x" + value[:15], 16: "x[redacted]", len(value) - 1: "x[redacted]"} {
		if got := through(masker(value), "x"+value[:n]); got != want {
			t.Errorf("%d bytes: %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{5: "x01234", 6: "x[redacted]", 9: "x[redacted]"} {
		if got := through(masker(value[:10]), "x"+value[:n]); got != want {
			t.Errorf("%d bytes of 10: %q, want %q", n, got, want)
		}
	}
}

type failing struct{ writes int }

func (f *failing) Write([]byte) (int, error) { f.writes++; return 0, fmt.Errorf("it is full") }

func TestWriteFails(t *testing.T) {
	f := &failing{}
	w := masker("s3cret!").Writer(f)
	for range 2 {
		if _, err := w.Write([]byte("text s3c")); err == nil {
			t.Error("no error")
		}
	}
	if w.Idle() == nil || w.Close() == nil || w.Holding() {
		t.Error("no error at the end")
	}
	if f.writes != 1 {
		t.Errorf("%d writes after a failure", f.writes-1)
	}
}

// naive hides with strings.Index alone: all bytes of all occurrences, and those
// that overlap as one. A beginning at the end is as it is in Close.
func naive(values []string, text string) string {
	length := make([]int, len(text)) // of the longest that stands there
	for _, v := range values {
		for _, p := range forms(v) {
			b := make([]byte, p.Len())
			for i := range b {
				b[i] = p.At(i)
			}
			for at := range text {
				n := len(b)
				if rest := len(text) - at; rest < n && rest >= MinLen && (rest >= enough || 2*rest >= n) {
					n = rest
				}
				if strings.HasPrefix(text[at:], string(b[:n])) {
					length[at] = max(length[at], n)
				}
			}
		}
	}
	var out strings.Builder
	end := 0
	for at := range length {
		if length[at] > 0 {
			if at >= end {
				out.WriteString(resolve.Redacted)
			}
			end = max(end, at+length[at])
		}
		if at >= end {
			out.WriteByte(text[at])
		}
	}
	return out.String()
}

// TestSplits: few letters, so that values overlap, repeat and nearly occur.
func TestSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alphabet := rapid.SampledFrom([]string{"ab", "abc", "a\n/", "aé<\"+ %"}).Draw(t, "alphabet")
		word := rapid.StringOfN(rapid.SampledFrom([]rune(alphabet)), 0, 14, -1)
		values := rapid.SliceOfN(word, 1, 5).Draw(t, "values")
		var text strings.Builder
		for range rapid.IntRange(0, 12).Draw(t, "parts") {
			part := word
			if rapid.Bool().Draw(t, "known") {
				part = rapid.Custom(func(t *rapid.T) string {
					fs := forms(rapid.SampledFrom(values).Draw(t, "value"))
					if len(fs) == 0 {
						return "-"
					}
					p := rapid.SampledFrom(fs).Draw(t, "form")
					b := make([]byte, rapid.IntRange(1, p.Len()).Draw(t, "length"))
					for i := range b {
						b[i] = p.At(i)
					}
					return string(b)
				})
			}
			text.WriteString(part.Draw(t, "part"))
		}
		checkSplits(t, values, text.String(), rapid.SliceOf(rapid.IntRange(1, 20)).Draw(t, "splits"))
	})
}

func checkSplits(t interface{ Fatalf(string, ...any) }, values []string, text string, splits []int) {
	m := masker(values...)
	want := naive(values, text)
	if got := through(m, text); got != want {
		t.Fatalf("%q in %q: got %q, want %q", values, text, got, want)
	}
	var pieces []string
	rest := text
	for _, n := range splits {
		n = min(n, len(rest))
		pieces, rest = append(pieces, rest[:n]), rest[n:]
	}
	if got := through(m, append(pieces, rest)...); got != want {
		t.Fatalf("%q in %q: got %q, want %q", values, pieces, got, want)
	}
	// With a pause after each piece no value comes out that was not let go in part.
	var out bytes.Buffer
	w := m.Writer(&out)
	for _, p := range append(pieces, rest) {
		_, _ = w.Write([]byte(p))
		_ = w.Idle()
	}
	_ = w.Close()
	for _, v := range values {
		if len(v) >= MinLen && strings.Contains(out.String(), v) && !strings.Contains(want, v) {
			t.Fatalf("%q in %q with pauses: %q", values, pieces, out.String())
		}
	}
}

func FuzzSplits(f *testing.F) {
	f.Add("abcdef", "bcdefgh", "xabcdefghx", uint64(3))
	f.Add("s3cret pass/word\n", "cGFzcy93b3Jk", "s3cret+pass%2Fword czNjcmV0IHBhc3Mvd29yZAo= s3cret pass/word\r\n", uint64(77))
	f.Add("aaaaaa", "aaaaaaab", "aaaaaaaaaaaabaaaaaa", uint64(1))
	f.Add("\xff\xfe\xfd\x00\n\r", "......", "fffefd000a0d//79AAoN", uint64(12345))
	f.Fuzz(func(t *testing.T, a, b, text string, seed uint64) {
		if len(a)+len(b)+len(text) > 1000 {
			t.Skip()
		}
		var splits []int
		for s := seed; s > 0; s /= 7 {
			splits = append(splits, int(s%7)+1)
		}
		checkSplits(t, []string{a, b}, text, splits)
	})
}

// Long values are hidden as short ones are.
func TestManyLongValues(t *testing.T) {
	m := New()
	values := secrets(8, 1<<15)
	m.Add(values...)
	var text, want strings.Builder
	for i, v := range values {
		raw := []byte(v.Reveal())
		for _, s := range []string{v.Reveal(), hex.EncodeToString(raw), base64.URLEncoding.EncodeToString(raw), url.QueryEscape(v.Reveal())} {
			fmt.Fprintf(&text, "%d: %s\n", i, s)
			fmt.Fprintf(&want, "%d: %s\n", i, resolve.Redacted)
		}
	}
	if got := through(m, text.String()); got != want.String() {
		t.Errorf("%d bytes, want %d", len(got), want.Len())
	}
	var pieces []string
	for rest := text.String(); rest != ""; {
		n := min(4095, len(rest))
		pieces, rest = append(pieces, rest[:n]), rest[n:]
	}
	if got := through(m, pieces...); got != want.String() {
		t.Errorf("in pieces: %d bytes, want %d", len(got), want.Len())
	}
}
