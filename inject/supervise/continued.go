//go:build unix && !netbsd

package supervise

import "syscall"

const waitContinued = syscall.WCONTINUED
