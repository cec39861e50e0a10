//go:build !windows

package inject

// foldCase makes one key of the spellings of a name: here each is its own.
func foldCase(name string) string { return name }
