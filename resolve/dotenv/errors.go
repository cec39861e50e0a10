package dotenv

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// maxFaults is the number of bad statements that a SyntaxError lists; it counts the others.
const maxFaults = 20

// Sentinels, for errors.Is.
var (
	ErrTooLarge = errors.New("too large")
	ErrFormat   = errors.New(`unknown format: expected "dotenv" or "docker"`)
	ErrNotUTF8  = errors.New("not UTF-8")
	ErrNotFile  = errors.New("expected a file or a FIFO")
)

const (
	tooLong = "more than 32 MiB"                     // MaxFile
	tooMuch = "more than 16 MiB after interpolation" // MaxResult
)

// Fault is one bad statement: where it is and what was expected, without any text of it.
type Fault struct {
	File string
	// Line and Column, counted as in Var, are where the last quote of the statement opened: one that is not closed often
	// ends lines later, in another variable. In a statement without quotes, they are its start.
	Line, Column int
	// Expected completes "expected …". It includes the line if that is not Line.
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

// SyntaxError lists the first 20 bad statements of a file and the number of the others.
type SyntaxError struct {
	File   string
	Faults []Fault
	More   int
}

// Error has one line for each fault.
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

// Unwrap returns one error for each line of the message: each [Fault], then the number of the others.
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

// EncodingError says where a file is not valid UTF-8. It is an [ErrNotUTF8].
type EncodingError struct {
	File         string
	Line, Column int // of the first invalid byte, as in Var
	// Encoding is what the file seems to be, see the function Encoding. If it is known, Line and Column mean nothing.
	Encoding string
}

func (e *EncodingError) Error() string {
	if e.Encoding != "" {
		return inFile(e.File, fmt.Errorf("%w: this looks like %s", ErrNotUTF8, e.Encoding)).Error()
	}
	return inFile(e.File, fmt.Errorf("%w at line %d, column %d", ErrNotUTF8, e.Line, e.Column)).Error()
}

func (e *EncodingError) Unwrap() error { return ErrNotUTF8 }

// Hint is a command that converts the file.
func (e *EncodingError) Hint() string { return Convert(e.File, e.Encoding) }

// faults collects the bad statements of a file, or passes them to skipped.
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

// inFile prefixes the name of the file, if it is known.
func inFile(file string, err error) error {
	if file == "" {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}
