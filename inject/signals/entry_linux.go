//go:build amd64 || arm64

package signals

// What squire_entry writes, before Go's runtime; nothing else ever does.
var (
	ignored, blocked Set
	entered          bool
)
