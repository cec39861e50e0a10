package resolve

import (
	"errors"
	"slices"
	"strings"
)

// IndexError is an error about one entry of the requested list. It prints as Err
// does, and Faults unwraps it.
type IndexError struct {
	Index int
	Err   error
}

func (e *IndexError) Error() string { return e.Err.Error() }
func (e *IndexError) Unwrap() error { return e.Err }

// groupError is an error about several entries of a list.
type groupError struct {
	error
	indexes []int
}

func (e *groupError) Unwrap() error { return e.error }

// Faults returns the faults in a tree of joined errors, in order: one error each,
// to be printed on a line of its own. A hint stays with its fault.
func Faults(err error) []error {
	var all []error
	eachFault(err, nil, func(fault error, _ []int) { all = append(all, fault) })
	return all
}

// FaultsByIndex returns the faults of each entry of a list of n, by index. A fault
// without an IndexError, such as a timeout, is about all entries.
func FaultsByIndex(err error, n int) map[int]error {
	all := map[int]error{}
	eachFault(err, nil, func(fault error, indexes []int) {
		for _, i := range within(indexes, n) {
			all[i] = errors.Join(all[i], fault)
		}
	})
	return all
}

// Reindex translates the indexes in an error about a list of n to those that the
// entries have in another list. Otherwise the error is unchanged.
func Reindex(err error, n int, in func(i int) []int) error {
	switch e := err.(type) {
	case *hinted:
		return &hinted{Reindex(e.error, n, in), e.hint}
	case interface{ Unwrap() []error }:
		if isIndexed(err) && isLines(err, e.Unwrap()) {
			var all []error
			for _, one := range e.Unwrap() {
				all = append(all, Reindex(one, n, in))
			}
			return errors.Join(all...)
		}
	}
	var was, now []int
	eachFault(err, nil, func(_ error, indexes []int) { was = append(was, indexes...) })
	for _, i := range within(was, n) {
		now = append(now, in(i)...)
	}
	if at, ok := err.(*IndexError); ok {
		err = at.Err
	}
	if len(now) == 1 {
		return &IndexError{now[0], err}
	}
	return &groupError{err, now}
}

// isIndexed reports whether anything in err has an index.
func isIndexed(err error) bool {
	var one *IndexError
	var group *groupError
	return errors.As(err, &one) || errors.As(err, &group)
}

// within are those of the indexes that are valid in a list of n; if there are
// none, all of its indexes.
func within(indexes []int, n int) (in []int) {
	for _, i := range indexes {
		if i >= 0 && i < n && !slices.Contains(in, i) {
			in = append(in, i)
		}
	}
	if in != nil {
		return in
	}
	for i := range n {
		in = append(in, i)
	}
	return in
}

// eachFault calls fn for each fault in err, in order, with the indexes of the
// entries that it is about; nil if it has none.
func eachFault(err error, indexes []int, fn func(fault error, indexes []int)) {
	switch e := err.(type) {
	case nil:
		return
	case *IndexError: // the outermost index is that of the caller's list
		if indexes == nil {
			indexes = []int{e.Index}
		}
		eachFault(e.Err, indexes, fn)
		return
	case *groupError:
		if indexes == nil {
			indexes = e.indexes
		}
		eachFault(e.error, indexes, fn)
		return
	case *hinted:
		hint := e.hint
		eachFault(e.error, indexes, func(fault error, indexes []int) {
			if hint != "" {
				fault, hint = &hinted{fault, hint}, "" // only once, with the first fault
			}
			fn(fault, indexes)
		})
		return
	case interface{ Unwrap() []error }:
		if isLines(err, e.Unwrap()) {
			for _, one := range e.Unwrap() {
				eachFault(one, indexes, fn)
			}
			return
		}
	case interface{ Unwrap() error }:
		if indexes == nil {
			eachFault(e.Unwrap(), nil, func(_ error, inner []int) { indexes = append(indexes, inner...) })
		}
	}
	fn(err, indexes)
}

// isLines distinguishes a list of faults, from errors.Join, from one fault with
// several causes, from fmt.Errorf with two %w.
func isLines(err error, parts []error) bool {
	lines := make([]string, len(parts))
	for i, p := range parts {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n") == err.Error()
}
