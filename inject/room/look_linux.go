//go:build amd64 || arm64

//lint:file-ignore U1000 squire_room, in assembly, calls look

package room

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// All below runs before Go's runtime: without a goroutine, a heap, or a stack that
// grows. It uses nothing but system calls and these.
var (
	limit    unix.Rlimit
	status   uint32
	opened   [enough]uintptr
	cgroups  [2048]byte
	path     [1024]byte
	number   [16]byte
	threadOf [64]byte // where the wrapper of look reads its goroutine from: none
)

// look says what is missing; "" is nothing.
//
//go:nosplit
//go:norace
func look() {
	const kib = 1 << 10
	switch is := getLimit(unix.RLIMIT_AS).Cur; {
	// Go reserves 512 MiB more if it can, and cannot do with what is left then.
	case is < 900000*kib, is >= 1150000*kib && is < 1420000*kib:
		fail("the address space is too small (ulimit -v): squire needs 900000, and from 1150000 on 1420000")
	}
	if getLimit(unix.RLIMIT_DATA).Cur < 100000*kib {
		fail("the data segment is too small (ulimit -d): squire needs 100000")
	}
	if getLimit(unix.RLIMIT_NOFILE).Max < 64 { // which Go makes the current one
		if files = openFiles(); files < execFiles {
			fail("too few open files are allowed (ulimit -n): squire needs 8 more")
		}
	}
	few := getLimit(unix.RLIMIT_NPROC).Cur
	limited = few < 4096
	if smallCgroup() || few < 256 {
		if processes = forks(); processes < execProcesses {
			fail("too few processes are allowed, threads included (pids.max of the cgroup, or ulimit -u): squire needs 8")
		}
	}
}

//go:nosplit
//go:norace
func getLimit(of uintptr) *unix.Rlimit {
	limit.Cur, limit.Max = unix.RLIM_INFINITY, unix.RLIM_INFINITY // where asking is denied
	syscall.RawSyscall6(unix.SYS_PRLIMIT64, 0, of, 0, uintptr(unsafe.Pointer(&limit)), 0, 0)
	return &limit
}

// openFiles opens as many as it can.
//
//go:nosplit
//go:norace
func openFiles() (n int) {
	for n < enough {
		fd, _, errno := syscall.RawSyscall6(unix.SYS_EVENTFD2, 0, unix.EFD_CLOEXEC, 0, 0, 0, 0)
		if errno != 0 {
			break
		}
		opened[n] = fd
		n++
	}
	for i := range n {
		syscall.RawSyscall6(unix.SYS_CLOSE, opened[i], 0, 0, 0, 0, 0)
	}
	return n
}

// forks has a child fork a child, as deep as that goes; each waits for its own, and
// passes on how deep it was. So every limit counts, wherever it is set.
//
//go:nosplit
//go:norace
func forks() int {
	depth := 0
	found := enough // where something else than a limit forbids it
	for depth < enough {
		pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, 0, 0, 0, 0, 0, 0) // no signal tells of its end
		if errno == unix.EAGAIN {
			found = depth
		}
		if errno != 0 {
			break
		}
		if pid == 0 {
			depth++
			continue
		}
		for errno = unix.EINTR; errno == unix.EINTR; {
			_, _, errno = syscall.RawSyscall6(unix.SYS_WAIT4, pid, uintptr(unsafe.Pointer(&status)), unix.WALL, 0, 0, 0)
		}
		if errno == 0 && status&0x7f == 0 {
			found = int(status >> 8 & 0xff)
		}
		break
	}
	if depth > 0 { // this is one of the children
		exit(uintptr(found))
	}
	return found
}

//go:nosplit
//go:norace
func exit(code uintptr) { syscall.RawSyscall6(unix.SYS_EXIT_GROUP, code, 0, 0, 0, 0, 0) }

// fail is for what main would say, and cannot.
//
//go:nosplit
//go:norace
func fail(text string) {
	write("squire: error: ")
	write(text)
	write("\nsquire: hint: raise the limit; what squire needs is in: squire help troubleshooting\n")
	exit(125)
}

//go:nosplit
//go:norace
func write(text string) {
	syscall.RawSyscall6(unix.SYS_WRITE, 2, uintptr(unsafe.Pointer(unsafe.StringData(text))), uintptr(len(text)), 0, 0, 0)
}

// smallCgroup says whether our cgroup has little left of its pids.max. That is
// below where the cgroup is, or, in a container, at the top of what is mounted.
//
//go:nosplit
//go:norace
func smallCgroup() bool {
	n := read("/proc/self/cgroup\x00", cgroups[:])
	for i := 0; i < n; {
		end := i
		for end < n && cgroups[end] != '\n' {
			end++
		}
		from := i // of the path, after the second colon
		for colons := 0; from < end && colons < 2; from++ {
			if cgroups[from] == ':' {
				colons++
			}
		}
		mount := ""
		switch {
		case from-i == 3 && cgroups[i] == '0': // 0::/path, of version 2
			mount = "/sys/fs/cgroup"
		case from-i >= 6 && cgroups[from-6] == ':' && cgroups[from-5] == 'p' && cgroups[from-4] == 'i' && cgroups[from-3] == 'd' && cgroups[from-2] == 's':
			mount = "/sys/fs/cgroup/pids"
		}
		if mount != "" {
			below := cgroups[from:end]
			max := count(mount, below, "/pids.max\x00")
			if max < 0 && len(below) > 1 {
				below = nil
				max = count(mount, below, "/pids.max\x00")
			}
			if max >= 0 {
				limited = limited || max < unlimited
				return max < unlimited && max-count(mount, below, "/pids.current\x00") < 2*enough
			}
		}
		i = end + 1
	}
	return false
}

const unlimited = 1 << 40

// count reads a number of a cgroup; max is unlimited, and below zero is none.
//
//go:nosplit
//go:norace
func count(mount string, below []byte, file string) int {
	n := copy(path[:], mount)
	if len(below) > 1 { // it is not /
		if len(below)+64 > len(path) {
			return -1
		}
		n += copy(path[n:], below)
	}
	copy(path[n:], file)
	if n = read(unsafe.String(&path[0], len(path)), number[:]); n < 0 {
		return n
	}
	total := 0
	for i := range n {
		switch digit := number[i]; {
		case digit == 'm':
			return unlimited
		case digit >= '0' && digit <= '9':
			total = 10*total + int(digit-'0')
		}
	}
	return total
}

// read returns how much a file has; a negative number is an error.
//
//go:nosplit
//go:norace
func read(path string, into []byte) int {
	fd, _, errno := syscall.RawSyscall6(unix.SYS_OPENAT, ^uintptr(99), uintptr(unsafe.Pointer(unsafe.StringData(path))), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return -1
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(len(into)), 0, 0, 0)
	syscall.RawSyscall6(unix.SYS_CLOSE, fd, 0, 0, 0, 0, 0)
	if errno != 0 {
		return -1
	}
	return int(n)
}
