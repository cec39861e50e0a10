//go:build unix

package change

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The real-time signals as kill(1) and glibc number them, which keeps two of the
// kernel's for itself. Only Linux has them.
const rtMin, rtMax = 34, 64

// ParseSignal reads a signal: its name with or without SIG, in any case; RTMIN+N
// or RTMAX-N, or its number.
func ParseSignal(text string) (syscall.Signal, error) {
	if n, err := strconv.ParseUint(text, 10, 8); err == nil && n > 0 && n <= highest() {
		return syscall.Signal(n), nil
	}
	name := strings.TrimPrefix(strings.ToUpper(text), "SIG")
	switch name {
	case "IOT":
		name = "ABRT"
	case "CLD":
		name = "CHLD"
	case "POLL":
		name = "IO"
	}
	if sig := unix.SignalNum("SIG" + name); sig != 0 {
		return sig, nil
	}
	if sig, ok := realTime(name); ok {
		return sig, nil
	}
	return 0, errors.New("want the name of a signal, such as TERM or HUP")
}

func highest() uint64 {
	if runtime.GOOS == "linux" {
		return rtMax
	}
	return 31
}

func realTime(name string) (syscall.Signal, bool) {
	base, sign := rtMin, "+"
	rest, ok := strings.CutPrefix(name, "RTMIN")
	if !ok {
		base, sign = rtMax, "-"
		if rest, ok = strings.CutPrefix(name, "RTMAX"); !ok {
			return 0, false
		}
	}
	n := 0
	if rest != "" {
		digits, signed := strings.CutPrefix(rest, sign)
		u, err := strconv.ParseUint(digits, 10, 8)
		if !signed || err != nil {
			return 0, false
		}
		n = int(u)
	}
	if sign == "-" {
		n = -n
	}
	n += base
	return syscall.Signal(n), runtime.GOOS == "linux" && n >= rtMin && n <= rtMax
}

// SignalName is what ParseSignal reads, without SIG.
func SignalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return strings.TrimPrefix(name, "SIG")
	}
	switch n := int(sig); {
	case runtime.GOOS != "linux" || n < rtMin || n > rtMax:
		return strconv.Itoa(n)
	case n == rtMin:
		return "RTMIN"
	case n == rtMax:
		return "RTMAX"
	default:
		return fmt.Sprintf("RTMIN+%d", n-rtMin)
	}
}
