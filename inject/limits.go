package inject

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// ErrTooLarge is an argument, a variable or their total that the kernel does
// not take.
var ErrTooLarge = errors.New("too large to exec")

// limits are what a kernel takes. The zero value of a field: not limited here.
type limits struct {
	str     int    // bytes of one argument or NAME=value, without its NUL
	total   int    // bytes of all, as total counts
	pointer int    // bytes that each argument and variable adds to the total
	advice  string // what raises the total, if anything does: a format of KiB
}

// Check measures what exec would be given, before it is: path as LookPath
// returned it, and argv with the command first. The error joins a line for each
// string that is too long, or says what is largest when all together are too
// much; names and sizes, never a value.
//
// On Linux it agrees with the kernel to the byte. What it cannot see, such as a
// script whose interpreter is a script, gets the same error from Exec.
func (e *Environment) Check(path string, argv []string) error {
	return check(path, argv, e.Environ(), kernelLimits())
}

func check(path string, argv, environ []string, l limits) error {
	var faults []error
	for i, arg := range argv {
		if strings.IndexByte(arg, 0) >= 0 {
			faults = append(faults, fmt.Errorf("%s holds a NUL byte, which no argument can", argument(i)))
		}
		if l.str > 0 && len(arg) > l.str {
			faults = append(faults, tooLong(argument(i), len(arg), l))
		}
	}
	for _, raw := range environ {
		if l.str > 0 && len(raw) > l.str {
			faults = append(faults, tooLong(variable(raw), len(raw), l))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	need := l.need(path, argv, environ)
	if l.total == 0 || need+len(path)+headSize <= l.total {
		return nil
	}
	if need += scriptNeed(path, argv); need > l.total {
		return l.tooMuch(need, fmt.Sprintf("and the kernel takes at most %d", l.total), argv, environ)
	}
	return nil
}

// need counts as the kernel does: every string with its NUL, the path as one
// of them, and a pointer for each argument and variable. It makes an empty
// argument where there is none at all.
func (l limits) need(path string, argv, environ []string) int {
	if len(argv) == 0 {
		argv = []string{""}
	}
	n := len(path) + 1 + l.pointer*(len(argv)+len(environ))
	for _, arg := range argv {
		n += len(arg) + 1
	}
	for _, raw := range environ {
		n += len(raw) + 1
	}
	return n
}

// scriptNeed is what the kernel adds for a script: the interpreter, its argument
// and the script's path, in the place of the command's name.
func scriptNeed(path string, argv []string) int {
	interpreter, arg, ok := shebang(readHead(path))
	if !ok {
		return 0
	}
	n := len(interpreter) + 1 + len(path) + 1
	if arg != "" {
		n += len(arg) + 1
	}
	if len(argv) > 0 {
		n -= len(argv[0])
	}
	return n - 1
}

func tooLong(what string, n int, l limits) error {
	return resolve.WithHint(
		&tooLarge{fmt.Sprintf("%s is %d bytes long, and the kernel takes at most %d in one argument or NAME=value", what, n, l.str)},
		"put it into a file, and give the command the name of the file")
}

// shown is how many of the largest a message names.
const shown = 3

func (l limits) tooMuch(need int, verdict string, argv, environ []string) error {
	// Both lists as one: an argument, then a variable, has its index.
	size := func(i int) int {
		if i < len(argv) {
			return len(argv[i])
		}
		return len(environ[i-len(argv)])
	}
	order := make([]int, len(argv)+len(environ))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size(b), size(a)) })
	var largest []string
	for _, i := range order[:min(shown, len(order))] {
		what := argument(i)
		if i >= len(argv) {
			what = variable(environ[i-len(argv)])
		}
		largest = append(largest, fmt.Sprintf("%s (%d)", what, size(i)))
	}
	err := &tooLarge{fmt.Sprintf("the command line of %d and the environment of %d strings take %d bytes, %s; the largest: %s",
		len(argv), len(environ), need, verdict, strings.Join(largest, ", "))}
	hint := "put the largest into files, or pass fewer variables (--clean inherits none)"
	if l.advice != "" {
		hint += ", or raise the limit: " + fmt.Sprintf(l.advice, (need+255)/256)
	}
	return resolve.WithHint(err, "%s", hint)
}

// argument names an argument by its place: its text may be a secret.
func argument(i int) string {
	if i == 0 {
		return "the command's name"
	}
	return fmt.Sprintf("argument %d", i)
}

// variable names a string of the environment. One without a name is not
// printed: all of it could be a value.
func variable(raw string) string {
	if name := nameOf(raw); name != "" {
		return printable(name)
	}
	return "an inherited string without a name"
}

type tooLarge struct{ text string }

func (e *tooLarge) Error() string        { return e.text }
func (e *tooLarge) Is(target error) bool { return target == ErrTooLarge }
