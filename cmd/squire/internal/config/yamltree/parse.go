package yamltree

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	invalid      = "not valid YAML"
	tooManyLines = "more than 10,000 lines" // maxLines
)

// Limits of a file: the parser recurses for each level and for each field of a
// block, and takes time that grows with the square of the latter. The lexer's
// grows with the square of the lines.
const (
	maxLines   = 10_000
	maxDepth   = 100   // of brackets
	maxFields  = 5_000 // that are not in braces
	maxMarkers = 1_000 // anchors, aliases and tags
	maxDashes  = 100   // in one line
)

func parse(data []byte) (*ast.File, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")) // the lexer counts two lines for a comment's
	breaks := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r"))
	if breaks > maxLines {
		return nil, &Error{Reason: tooManyLines}
	}
	if err := checkText(data); err != nil {
		return nil, err
	}
	tokens := lexer.Tokenize(string(withoutDirectives(data)))
	if err := checkTokens(tokens); err != nil {
		err.Line = min(err.Line, 1+breaks) // the lexer may be one line further
		return nil, err
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err == nil {
		return file, nil
	}
	var at interface{ GetToken() *token.Token } // its text quotes the file
	if errors.As(err, &at) && at.GetToken() != nil {
		return nil, &Error{min(at.GetToken().Position.Line, 1+breaks), invalid}
	}
	return nil, &Error{Reason: invalid}
}

// withoutDirectives empties the lines of directives before the document, such as
// %YAML 1.2: nothing here depends on them, and the parser knows one alone. Without
// the --- that must follow, or for a version that is not 1.x, the text stays as it
// is, and the parser refuses it.
func withoutDirectives(data []byte) []byte {
	if bytes.IndexByte(data, '%') < 0 {
		return data
	}
	var kept []byte
	found := false
	for rest := data; len(rest) > 0; {
		end := bytes.IndexAny(rest, "\r\n")
		if end < 0 {
			return data
		}
		line := rest[:end]
		name, version, _ := bytes.Cut(line, []byte(" "))
		switch {
		case bytes.HasPrefix(line, []byte("---")):
			if !found {
				return data
			}
			return append(kept, rest...)
		case string(name) == "%YAML" && !bytes.HasPrefix(bytes.TrimLeft(version, " \t"), []byte("1.")):
			return data
		case bytes.HasPrefix(line, []byte("%")):
			found = true
			line = nil
		case len(bytes.TrimLeft(line, " \t")) > 0 && bytes.TrimLeft(line, " \t")[0] != '#':
			return data
		}
		kept = append(append(kept, line...), rest[end])
		rest = rest[end+1:]
	}
	return data
}

// checkText refuses what YAML does: bytes that are not UTF-8, and control
// characters.
func checkText(data []byte) error {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size < 2 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return &Error{1 + bytes.Count(data[:i], []byte("\n")), invalid}
		}
		i += size
	}
	return nil
}

func checkTokens(tokens token.Tokens) *Error {
	var depth, fields, markers, dashes, line int
	for _, tk := range tokens {
		if at := tk.Position.Line; at != line {
			line, dashes = at, 0
		}
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			depth++
		case token.MappingEndType, token.SequenceEndType:
			depth--
		case token.MappingValueType:
			if depth <= 0 {
				fields++
			}
			if gluesName(tk) {
				return &Error{line, invalid}
			}
		case token.MappingKeyType:
			fields++
			dashes++
		case token.SequenceEntryType:
			dashes++
		case token.AnchorType, token.AliasType, token.TagType:
			markers++
		default:
			if !isWhole(tk) {
				return &Error{line, invalid}
			}
		}
		switch {
		case depth > maxDepth || dashes > maxDashes:
			return &Error{line, "nested too deeply"}
		case fields > maxFields || markers > maxMarkers:
			return &Error{line, "too many fields"}
		}
	}
	return nil
}

// gluesName finds {NAME:value}, which is one long name in YAML, and a field for
// this parser.
func gluesName(colon *token.Token) bool {
	before, after := colon.Prev, colon.Next
	return before != nil && after != nil && isPlain(before) &&
		after.Position.Line == colon.Position.Line && after.Position.Offset == colon.Position.Offset+1
}

// isWhole holds the parser to what is written without quotes: it drops tabs, and
// keeps line breaks before a dash.
func isWhole(tk *token.Token) bool {
	if !isPlain(tk) || tk.Type == token.ImplicitNullType {
		return true
	}
	var b strings.Builder
	breaks := 0
	for l := range strings.Lines(strings.Trim(tk.Origin, " \t\r\n")) {
		l = strings.Trim(l, " \t\r\n")
		switch {
		case l == "":
			breaks++
			continue
		case breaks > 0:
			b.WriteString(strings.Repeat("\n", breaks))
		case b.Len() > 0:
			b.WriteByte(' ')
		}
		b.WriteString(l)
		breaks = 0
	}
	return b.String() == tk.Value
}

// isPlain is true of a scalar without quotes, in one line or in several.
func isPlain(tk *token.Token) bool {
	switch tk.Type {
	case token.StringType:
		return tk.Prev == nil || tk.Prev.Type != token.LiteralType && tk.Prev.Type != token.FoldedType
	case token.NullType, token.BoolType, token.IntegerType, token.BinaryIntegerType, token.OctetIntegerType,
		token.HexIntegerType, token.FloatType, token.InfinityType, token.NanType:
		return true
	}
	return false
}
