// Package room says whether a process has what squire needs: processes and
// threads, descriptors, address space. Where it has not, Go's runtime ends with a
// dump of goroutines, often before main; so these are looked at earlier.
//
// squire_room is called by squire_entry of package signals, where the linker was
// told to begin there (linux/amd64 and linux/arm64); otherwise there is always
// room. It ends the process with 125 where nothing of squire could run. Start with
// ForParent for what a parent needs beyond that.
//
// It makes no promise of compatibility.
package room

import "errors"

// What squire run needs, as was measured and rounded up: in a parent three threads
// come and go. `squire help troubleshooting` says the same.
const (
	execProcesses, parentProcesses = 7, 15 // beside the first thread
	execFiles, parentFiles         = 8, 16 // beside those that are open; the store takes most
)

// What there is, or enough.
const enough = 16

var (
	processes, files = enough, enough
	limited          bool // processes are
)

// ForParent says what a parent, which also starts a command, has too little of.
func ForParent() error {
	switch {
	case processes < parentProcesses:
		return errors.New("too few processes are allowed, threads included, for squire to stay as a parent (pids.max of the cgroup, or ulimit -u): it needs 16")
	case files < parentFiles:
		return errors.New("too few open files are allowed for squire to stay as a parent (ulimit -n): it needs 16 more")
	}
	return nil
}
