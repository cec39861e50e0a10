package resolve

import "strings"

// RedactTokens replaces, in a message, what has the form of a token of squire's
// or of a key of 32 bytes in base64, given by mistake where a file name belongs.
// Every printer of messages calls it, as the last line of defence.
func RedactTokens(text string) string {
	var b strings.Builder
	for begin := 0; begin < len(text); {
		end := begin
		for end < len(text) && isTokenByte(text[end]) {
			end++
		}
		run := text[begin:end]
		switch at := strings.Index(run, "squire_"); {
		case at >= 0 && len(run)-at >= 40:
			b.WriteString(run[:at] + Redacted)
		case len(run) >= 43 && end < len(text) && text[end] == '=':
			b.WriteString(run[:len(run)-43] + Redacted)
			end++
		default:
			b.WriteString(run)
		}
		if begin = end; begin < len(text) && !isTokenByte(text[begin]) {
			b.WriteByte(text[begin])
			begin++
		}
	}
	return b.String()
}

func isTokenByte(c byte) bool { return isAlnum(c) || c == '_' || c == '-' || c == '+' || c == '/' }
