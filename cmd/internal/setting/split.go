package setting

import (
	"errors"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// Split splits the list in a variable on white space. A word with white space in it
// is in quotes, 'a b' or "a b", or has a backslash before each: a\ b. A quote that
// does not begin a word is a character, and so is any other backslash, as in C:\x;
// a word that begins with a quote itself is written \"word or '"word'.
func Split(text string) (words []string, err error) {
	for rest := strings.TrimLeft(text, whiteSpace); rest != ""; rest = strings.TrimLeft(rest, whiteSpace) {
		var word string
		if quote := rest[0]; quote == '\'' || quote == '"' {
			word, rest, err = quoted(rest[1:], quote)
		} else {
			word, rest = unquoted(rest)
		}
		if err != nil {
			return nil, resolve.WithHint(err, `a word with white space in it: 'a b', "a b" or a\ b; one that begins with a quote: \"word`)
		}
		words = append(words, word)
	}
	return words, nil
}

const whiteSpace = " \t\r\n\v\f"

// quoted reads a word up to its closing quote. Between " and ", a backslash quotes
// the quote.
func quoted(text string, quote byte) (word, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			if rest = text[i+1:]; rest != "" && strings.IndexByte(whiteSpace, rest[0]) < 0 {
				return "", "", errors.New("text after a closing quote")
			}
			return b.String(), rest, nil
		case c == '\\' && quote == '"' && i+1 < len(text) && text[i+1] == quote:
			i++
		}
		b.WriteByte(text[i])
	}
	return "", "", errors.New("a quote is not closed")
}

func unquoted(text string) (word, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case strings.IndexByte(whiteSpace, c) >= 0:
			return b.String(), text[i:]
		case c == '\\' && i+1 < len(text) && strings.IndexByte(whiteSpace+`'"`, text[i+1]) >= 0:
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), ""
}
