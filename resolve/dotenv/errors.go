package dotenv

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxFaults is how many bad statements a SyntaxError names; the others are counted.
const maxFaults = 20

// Sentinels, for errors.Is.
var (
	ErrTooLarge = errors.New("refused as too large")
	ErrFormat   = errors.New(`unknown format: expected "dotenv" or "docker"`)
	ErrNotUTF8  = errors.New("not UTF-8")
	ErrNotFile  = errors.New("expected a file or a FIFO")
)

const (
	tooLong = "more than 32 MiB"                     // MaxFile
	tooMuch = "more than 16 MiB after interpolation" // MaxResult
)

// Fault is one bad statement: where it begins and what was expected, never any text of it.
type Fault struct {
	File         string
	Line, Column int // as in Var
	// Expected completes "expected …". When the statement failed on a later line than it began on, it says which.
	Expected string
}

// Error is "FILE:3:1: expected …".
func (f Fault) Error() string {
	at := strconv.Itoa(f.Line) + ":" + strconv.Itoa(f.Column) + ": expected " + f.Expected
	if f.File == "" {
		return at
	}
	return f.File + ":" + at
}

// SyntaxError says why a file was refused: its first 20 bad statements, and how many more there are.
type SyntaxError struct {
	File   string
	Faults []Fault
	More   int
}

// Error is one line a fault.
func (e *SyntaxError) Error() string {
	var b strings.Builder
	for i, err := range e.Unwrap() {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(err.Error())
	}
	return b.String()
}

// Unwrap gives one error a line of a message: each [Fault], then the count of those that are not named.
func (e *SyntaxError) Unwrap() []error {
	errs := make([]error, 0, len(e.Faults)+1)
	for _, f := range e.Faults {
		errs = append(errs, f)
	}
	switch {
	case e.More == 1:
		errs = append(errs, inFile(e.File, errors.New("and 1 more bad line")))
	case e.More > 1:
		errs = append(errs, inFile(e.File, fmt.Errorf("and %d more bad lines", e.More)))
	}
	return errs
}

// EncodingError says where a file stops being UTF-8. It is an [ErrNotUTF8].
type EncodingError struct {
	File         string
	Line, Column int // of the first bad byte, as in Var
}

func (e *EncodingError) Error() string {
	return inFile(e.File, fmt.Errorf("%w at line %d, column %d", ErrNotUTF8, e.Line, e.Column)).Error()
}

func (e *EncodingError) Unwrap() error { return ErrNotUTF8 }

// faults collects the bad statements of a file, or hands them on.
type faults struct {
	file    string
	skipped func(Fault)
	first   []Fault
	more    int
}

func (f *faults) add(line, column int, expected string) {
	fault := Fault{File: f.file, Line: line, Column: column, Expected: expected}
	switch {
	case f.skipped != nil:
		f.skipped(fault)
	case len(f.first) < maxFaults:
		f.first = append(f.first, fault)
	default:
		f.more++
	}
}

func (f *faults) err() error {
	if len(f.first) == 0 {
		return nil
	}
	return &SyntaxError{File: f.file, Faults: f.first, More: f.more}
}

func tooLarge(file, why string) error {
	return inFile(file, fmt.Errorf("%w: %s", ErrTooLarge, why))
}

// inFile puts the name of the file in front, where there is one.
func inFile(file string, err error) error {
	if file == "" {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}
