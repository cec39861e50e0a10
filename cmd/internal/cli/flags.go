package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// JSONFlag adds --json.
func JSONFlag(cmd *cobra.Command, p *bool) { cmd.Flags().BoolVar(p, "json", false, "print JSON") }

// OneOf is a flag that takes one of some words; the first is the default.
func OneOf[T ~string](p *T, words ...T) pflag.Value {
	*p = words[0]
	return choice[T]{p, words}
}

type choice[T ~string] struct {
	p     *T
	words []T
}

func (c choice[T]) String() string { return string(*c.p) }
func (c choice[T]) Type() string   { return "word" }
func (c choice[T]) Set(text string) error {
	var names []string
	for _, w := range c.words {
		if text == string(w) {
			*c.p = w
			return nil
		}
		names = append(names, string(w))
	}
	return fmt.Errorf("want one of %s", strings.Join(names, ", "))
}

// Words is a flag that takes names: each use adds some, separated by commas or
// white space. One without any is refused: it is likely a shell variable that
// is not set, and the default may be more than what was meant.
func Words(p *[]string) pflag.Value { return words{p} }

type words struct{ p *[]string }

func (w words) String() string { return "" }
func (w words) Type() string   { return "names" }
func (w words) Set(text string) error {
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
	if len(names) == 0 {
		return errEmpty
	}
	for _, name := range names {
		if strings.ContainsAny(name, "=\x00") {
			return fmt.Errorf("want names, without =")
		}
		*w.p = append(*w.p, name)
	}
	return nil
}

// Parsed is a flag of anything that a function reads. The errors of parse are
// shown, so they must not hold the text.
func Parsed[T any](p *T, kind string, parse func(string) (T, error)) pflag.Value {
	return parsed[T]{p, kind, parse}
}

type parsed[T any] struct {
	p     *T
	kind  string
	parse func(string) (T, error)
}

func (f parsed[T]) String() string { return "" }
func (f parsed[T]) Type() string   { return f.kind }
func (f parsed[T]) Set(text string) error {
	v, err := f.parse(text)
	if err == nil {
		*f.p = v
	}
	return err
}
