//go:build !windows

package inject

// fold makes one key of the spellings of a name: here each is its own.
func fold(name string) string { return name }
