// Package typo recognises a name that was meant to be another one, for "did you
// mean …?".
package typo

import "strings"

// Of reports whether typed is known with one typing error: a letter too many or
// too few, a wrong letter, or two letters swapped. The name itself is none, and no name of one letter is.
func Of(known, typed string) bool {
	if len(known) < 2 || len(typed) < 2 {
		return false
	}
	i := 0
	for i < len(known) && i < len(typed) && known[i] == typed[i] {
		i++
	}
	known, typed = known[i:], typed[i:]
	switch len(known) - len(typed) {
	case 0:
		return len(known) > 0 && known[1:] == typed[1:] ||
			len(known) > 1 && known[0] == typed[1] && known[1] == typed[0] && known[2:] == typed[2:]
	case 1:
		return known[1:] == typed
	case -1:
		return known == typed[1:]
	}
	return false
}

// Means reports whether typed is known with one typing error, or differs in - and
// _ and in capitals only.
func Means(known, typed string) bool {
	plain := strings.NewReplacer("-", "", "_", "")
	return Of(known, typed) || known != typed && strings.EqualFold(plain.Replace(known), plain.Replace(typed))
}
