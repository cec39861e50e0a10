// Package dotenv reads .env files.
//
// The default dialect is that of python-dotenv's dotenv_values(path) with interpolation, because
// modal.Secret.from_dotenv uses it, and no other parser agrees with it on real files. The other dialect is that of
// docker run --env-file.
//
// Start with [Parse]; [Find] searches for a file, [ReadFile] reads a file or a FIFO.
//
// It promises:
//   - Time and memory are linear in the size of the input and the result: memory is about 4 times both for a usual
//     file and 40 times for the worst. No file causes a quadratic search or exhausts memory.
//   - An error contains no value and no text of a line: only the file, the line, the column and what was expected.
//   - It uses the standard library only and has no package state: all functions are safe for concurrent use.
//
// It is stricter than python-dotenv in two ways: a bad statement is an error, and all of them are reported (python-dotenv
// ignores them with a warning, as [Options].Skipped does); and the sizes of the file and of the result are limited.
//
// The API stays compatible.
package dotenv

// Sizes in bytes.
const (
	// MaxFile is the maximum size of a file. It leaves room for names and comments beside 16 MiB of values.
	MaxFile = 32 << 20
	// MaxResult is the maximum size of all values of a file together, after interpolation.
	MaxResult = 16 << 20
)

// Format names a dialect. The zero value means [Dotenv].
type Format string

// The two dialects.
const (
	Dotenv Format = "dotenv" // python-dotenv's dotenv_values, interpolation on
	Docker Format = "docker" // docker run --env-file
)

// Var is one variable of a file.
type Var struct {
	// Name is as written: it may contain '=' or NUL, which are not possible in an environment. The caller rejects
	// such a name by its position.
	Name string
	// Value is in plain text: wrap it before it can reach a log.
	Value string
	// Line and Column are the start of the last assignment to Name: its first character that is not white space,
	// including "export". Both count from 1; columns count characters (Unicode code points) without a BOM.
	Line, Column int
	// Foreign is true of a value that holds one of those that Options.Foreign reports, directly or through another
	// variable of the file.
	Foreign bool
	// NoValue is true if the last assignment is the name alone, without "=". Value is "" then.
	NoValue bool
}

// Unset is a reference to a variable that is not set.
type Unset struct {
	// Name is the variable if it looks like one: [A-Z_][A-Z0-9_]*. Else it is "", since a password may contain "${".
	Name string
	// Key is the variable whose value contains the reference; "" if it contains '=' or NUL.
	Key string
	// Line and Column are the start of the assignment to Key, as in Var.
	Line, Column int
}

// Options control Parse. The zero value is the default dialect, strict, with an empty environment.
type Options struct {
	// File is the name of the file in errors. If it is empty, errors begin with the line.
	File string
	// Format is the dialect; the zero value is Dotenv.
	Format Format
	// Lookup is the process environment, for ${NAME} (Dotenv) and for names without a value (Docker). nil is an empty
	// environment. It is called in the order of the file, from the goroutine that called Parse; for ${} the name is "".
	Lookup func(name string) (string, bool)
	// Outranks is used for ${NAME} before the variables of the file itself: it is an environment that has precedence
	// over the file. nil: none has.
	Outranks func(name string) (string, bool)
	// Foreign says of the last answer of Lookup or Outranks that the caller does not trust it: see Var.Foreign. nil: all is
	// trusted.
	Foreign func() bool
	// NoInterpolation does not replace ${…} in values; escapes between quotes are still decoded. False: ${…} is replaced.
	// The Docker dialect has no interpolation.
	NoInterpolation bool
	// Unset is called for each ${NAME} without a default that neither the file nor Lookup sets, and that is therefore
	// replaced by nothing. It is called in the order of the file, even if Parse then returns an error. nil: not called.
	Unset func(Unset)
	// Skipped is called for each bad statement, in the order of the file; Parse then ignores the statement. nil: Parse
	// returns an error for bad statements. Other errors (invalid UTF-8, size) are always returned.
	Skipped func(Fault)
}

// Parse returns the variables of a file in the order of their first assignment, each name once; the last value wins.
//
// Errors: a *[SyntaxError] for bad statements (unless o.Skipped is set), an *[EncodingError] for invalid UTF-8,
// [ErrTooLarge] for more than [MaxFile] bytes of input or [MaxResult] bytes of values, [ErrFormat] for an unknown
// o.Format. With an error, no variables are returned.
//
// Names and values share one copy of the text; data itself is not retained.
func Parse(data []byte, o Options) ([]Var, error) {
	if len(data) > MaxFile {
		return nil, tooLarge(o.File, tooLong)
	}
	var t table
	f := faults{file: o.File, skipped: o.Skipped}
	switch o.Format {
	case Dotenv, "":
		text, err := normalise(data, o.File)
		if err != nil {
			return nil, err
		}
		t.reserve(text)
		p := parser{s: text, line: 1, lookup: o.Lookup, outranks: o.Outranks, foreign: o.Foreign, literal: o.NoInterpolation, unset: o.Unset, table: &t, faults: &f}
		p.run()
	case Docker:
		if err := parseDocker(data, o, &t, &f); err != nil {
			return nil, err
		}
	default:
		return nil, inFile(o.File, ErrFormat)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return t.result(o.File)
}
