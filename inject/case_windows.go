package inject

import "strings"

// foldCase makes one key of the spellings of a name: Windows compares names
// without their case, and keeps the spelling that came first.
func foldCase(name string) string { return strings.ToUpper(name) }
