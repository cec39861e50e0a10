package inject

import "syscall"

// The numbers of fs/exec.c, found again by experiment (limits_linux_test.go):
// one string holds MAX_ARG_STRLEN with its NUL; all of them together a quarter
// of the soft stack limit, but at least ARG_MAX and at most three quarters of
// 8 MiB.
const (
	maxArgStrlen = 128 << 10
	minTotal     = 128 << 10
	maxTotal     = 6 << 20
)

func kernelLimits() limits {
	l := limits{str: maxArgStrlen - 1, total: maxTotal, pointer: 8}
	var stack syscall.Rlimit
	// An error leaves the largest total: exec then has the last word.
	if syscall.Getrlimit(syscall.RLIMIT_STACK, &stack) == nil && stack.Cur/4 < maxTotal {
		l.total = max(minTotal, int(stack.Cur/4))
		l.advice = "ulimit -s %d"
	}
	return l
}
