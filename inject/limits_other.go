//go:build !linux

package inject

import "runtime"

// kernelLimits are the documented ones where there are any, and otherwise
// none: then the kernel's own E2BIG is the answer.
func kernelLimits() limits {
	switch runtime.GOOS {
	case "darwin", "ios":
		return limits{total: 1 << 20, pointer: 8} // ARG_MAX
	case "windows":
		return limits{str: 32766} // UTF-16 units with a NUL, of a command line and of a variable
	}
	return limits{}
}
