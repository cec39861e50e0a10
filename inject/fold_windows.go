package inject

import "strings"

// fold makes one key of the spellings of a name: Windows compares names
// without their case, and keeps the spelling that came first.
func fold(name string) string { return strings.ToUpper(name) }
