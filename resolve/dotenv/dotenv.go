// Package dotenv reads .env files.
//
// The default dialect is python-dotenv's dotenv_values(path) with interpolation on, because that is what
// modal.Secret.from_dotenv reads; no other parser agrees with it on real files. The other dialect is that of
// docker run --env-file.
//
// Start with [Parse]; [Find] looks a file up, [ReadFile] reads one that may be a FIFO.
//
// What it promises:
//   - Time is linear in the input plus the result, and so is memory: about 4 times the two for a usual file, 40 times
//     for the worst. No file can drive it into a quadratic search or out of memory.
//   - No error holds a value or any text of a line: only the file, the line, the column and what was expected.
//   - The standard library only, no package state: everything may be called from several goroutines at once.
//
// Where it is stricter than its model: a bad statement refuses the file and all of them are named (python-dotenv drops
// them with a warning; so does [Options].Skipped), and bounds stand on what is read and on what comes out.
package dotenv

// Sizes in bytes.
const (
	// MaxFile is the longest file that is read. It leaves a file of 16 MiB of values room for names and comments.
	MaxFile = 32 << 20
	// MaxResult is how long the values of one file may be together, after interpolation.
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
	// Name is as written: it may hold '=' or NUL, which no environment can take. The caller refuses those, by position.
	Name string
	// Value is a plaintext: wrap it before it can reach a log.
	Value string
	// Line and Column are where the last assignment to Name begins: its first character that is not blank, an
	// "export" included. Both count from 1; columns are characters (Unicode code points), and a BOM is none.
	Line, Column int
}

// Unset is a variable that a value refers to and that is set nowhere.
type Unset struct {
	// Name is the variable, where it looks like one: [A-Z_][A-Z0-9_]*. Else it is "", since a password may hold "${".
	Name string
	// Key is what the value was being assigned to; "" where it holds '=' or NUL, which no environment can take.
	Key string
	// Line and Column are where that assignment begins, as in Var.
	Line, Column int
}

// Options says how to read. The zero value reads the default dialect strictly, with an empty environment.
type Options struct {
	// File is how errors name the file. When it is empty they begin with the line.
	File string
	// Format is the dialect; the zero value is Dotenv.
	Format Format
	// Lookup is the process environment, for ${NAME} (Dotenv) and for bare names (Docker). nil is an empty one.
	// It is called in the order of the file, from the goroutine that called Parse; ${} asks for the name "".
	Lookup func(name string) (string, bool)
	// Outranks is asked for ${NAME} before the variables that the file itself has set: for an environment that wins over
	// the file. nil: nothing outranks them.
	Outranks func(name string) (string, bool)
	// NoInterpolation leaves each ${…} in a value as it stands; escapes between quotes are decoded all the same. False
	// interpolates. Docker's dialect never does.
	NoInterpolation bool
	// Unset is told of each ${NAME} that has no default and that neither the file nor Lookup has a value for: it becomes
	// nothing. It is called in the order of the file, also where Parse returns an error in the end. nil is nobody.
	Unset func(Unset)
	// Skipped makes the reading lenient: each bad statement is handed to it, in the order of the file, and left out.
	// nil is strict: any bad statement refuses the file. What is no statement (bad UTF-8, size) always refuses it.
	Skipped func(Fault)
}

// Parse returns the variables of a file in the order of their first assignment, each name once; the last value wins.
//
// Errors: a *[SyntaxError] for bad statements (unless o.Skipped is set), an *[EncodingError] for what is not UTF-8,
// [ErrTooLarge] for more than [MaxFile] bytes in or [MaxResult] bytes out, [ErrFormat] for an unknown o.Format.
// With an error there are no variables.
//
// Names and values share one copy of the text; data itself is not kept.
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
		p := parser{s: text, line: 1, lookup: o.Lookup, outranks: o.Outranks, literal: o.NoInterpolation, unset: o.Unset, table: &t, faults: &f}
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
