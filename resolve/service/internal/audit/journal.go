package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
)

// Journal is the reads of a server that holds the store alone: lines are durable
// before the answer. It writes the same files as Reads, but fills them with zeros
// first: overwriting needs one write to the disk, growing a file needs a second
// one for its length. The zeros behind the last line are ignored.
//
// It keeps the lines that are not merged yet in memory, up to a limit.
type Journal struct {
	Reads
	// Sync makes a file's bytes durable. Nil: fdatasync.
	Sync func(*os.File) error
	// Began is called after the first lines of a file, Full when a file is full.
	// They must not block. Nil: no call.
	Began, Full func()

	mu     sync.Mutex // held while a group is written
	file   *os.File   // nil: the next group starts one
	n      uint64     // the number of file, or of the one before
	at     int64      // the offset of the next group
	size   int64      // of the file, with its zeros
	grow   int64      // the size of the next file; 0: minFile
	next   uint64     // the lowest number for a new file
	lines  []byte     // of this file; nil: too many to keep
	sealed []Sealed
	kept   int        // the memory that sealed takes, in bytes
	ahead  chan ahead // gives the next file; nil: none is being created
	aheadN uint64     // the number of the next file
}

// Sealed is a file that is complete.
type Sealed struct {
	N     uint64
	Lines []byte // each with its newline; nil: they must be read from the file
}

// ahead is the next file, created before it is needed.
type ahead struct {
	n    uint64
	file *os.File
	size int64
	err  error
}

// minFile is the size of the first file; after a file that filled up, the next
// is larger. maxKept limits the memory for lines that are not merged.
const minFile, maxKept = 64 << 10, 2 << 20

// Write makes a group durable, and then calls durable, before any Cut. It writes
// no file with a number below first. The error is an ErrUnavailable; the next
// group is written to another file.
func (j *Journal) Write(lines []byte, first uint64, durable func()) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next = max(j.next, first)
	if err := j.write(lines); err != nil {
		j.abandon()
		return j.unaudited(err)
	}
	if j.at == 0 && j.Began != nil {
		j.Began()
	}
	j.at += int64(len(lines))
	if j.lines != nil {
		j.lines = append(j.lines, lines...)
	}
	if j.ahead == nil && j.at > j.size/2 {
		j.makeAhead()
	}
	durable()
	return nil
}

func (j *Journal) write(lines []byte) error {
	need := int64(len(lines))
	if j.file != nil && j.at+need > j.size {
		j.grow = min(4*j.size, maxFile)
		j.seal()
		if j.Full != nil {
			j.Full()
		}
	}
	if j.file == nil {
		if err := j.begin(need); err != nil {
			return err
		}
	}
	if _, err := j.file.WriteAt(lines, j.at); err != nil {
		return err
	}
	if j.Sync != nil {
		return j.Sync(j.file)
	}
	return dataSync(j.file)
}

// begin uses the file that was created ahead, if it is large enough, or creates
// one: a small one if the disk has no room for a larger.
func (j *Journal) begin(need int64) error {
	a := ahead{err: errFull}
	if j.ahead != nil {
		if a, j.ahead = <-j.ahead, nil; a.err != nil {
			j.drop(a)
		} else if a.size < need {
			j.drop(a)
			a.err = errFull
		}
	}
	for _, size := range []int64{max(need, j.grow, minFile), max(need, minFile)} {
		if a.err == nil {
			break
		}
		if a = j.make(j.number(), size); a.err != nil {
			j.drop(a)
		}
	}
	if a.err != nil {
		return a.err
	}
	j.file, j.n, j.size, j.at, j.lines = a.file, a.n, a.size, 0, nil
	if j.kept+int(a.size) <= maxKept {
		j.lines = make([]byte, 0, a.size)
	}
	return nil
}

// number reserves a number that is not in use.
func (j *Journal) number() uint64 {
	for ; j.Any(j.next); j.next++ {
	}
	j.next++
	return j.next - 1
}

func (j *Journal) makeAhead() {
	n, size, c := j.number(), min(4*j.size, maxFile), make(chan ahead, 1)
	j.ahead, j.aheadN = c, n
	go func() { c <- j.make(n, size) }()
}

// make creates file number n, full of zeros, and makes its name durable.
func (r Reads) make(n uint64, size int64) (a ahead) {
	a.n, a.size = n, size
	if a.err = atomicfile.MkdirAll(r.Dir); a.err != nil {
		return a
	}
	if a.file, a.err = atomicfile.OpenOrCreate(r.file(n), os.O_WRONLY); a.err != nil {
		return a
	}
	zeros := make([]byte, min(size, 64<<10))
	for at := int64(0); at < size && a.err == nil; at += int64(len(zeros)) {
		_, a.err = a.file.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at)
	}
	if a.err == nil {
		a.err = a.file.Sync()
	}
	if a.err == nil {
		a.err = atomicfile.SyncDir(r.Dir)
	}
	return a
}

// drop removes a file without lines, and frees its number: while a disk is full,
// the numbers must not leave the window of Files.
func (j *Journal) drop(a ahead) {
	if a.file != nil {
		_ = a.file.Close()
		_ = os.Remove(j.Reads.file(a.n))
	}
	if a.n == j.next-1 {
		j.next = a.n
	}
}

// seal ends the file.
func (j *Journal) seal() {
	_ = j.file.Close() // its lines are durable already
	j.sealed = append(j.sealed, Sealed{j.n, j.lines})
	j.kept += cap(j.lines)
	j.file, j.lines, j.at = nil, nil, 0
}

// abandon ends a file after a failed write: its content behind the last durable
// group is unknown.
func (j *Journal) abandon() {
	switch {
	case j.file == nil:
	case j.at > 0:
		j.seal()
	default:
		j.drop(ahead{n: j.n, file: j.file})
		j.file, j.lines = nil, nil
	}
}

// Cut ends the current file, if it has any lines.
func (j *Journal) Cut() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil && j.at > 0 {
		j.seal()
		j.grow = 0
	}
}

// Sealed returns the files that this process has sealed and that are not merged,
// and a number: of the files from first on, those below it, of this or an earlier
// process, will not be written any more.
func (j *Journal) Sealed(first uint64) (mine []Sealed, below uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.file != nil:
		below = j.n
	case j.ahead != nil:
		below = j.aheadN
	default:
		j.next = max(j.next, first)
		if files, _ := j.Files(first); len(files) > 0 {
			j.next = max(j.next, files[len(files)-1]+1)
		}
		below = j.next
	}
	return append(mine, j.sealed...), below
}

// SetAside renames a file that cannot be read now to a later number.
func (j *Journal) SetAside(k uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return os.Rename(j.Reads.file(k), j.Reads.file(j.number()))
}

// Merged forgets the files below a number.
func (j *Journal) Merged(below uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.sealed) > 0 && j.sealed[0].N < below {
		j.kept -= cap(j.sealed[0].Lines)
		j.sealed = j.sealed[1:]
	}
}

// Close removes the file that was created ahead. There must be no concurrent
// Write.
func (j *Journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ahead != nil {
		j.drop(<-j.ahead)
		j.ahead = nil
	}
	j.abandon()
}

// unaudited is the error of an access whose line cannot be written.
func (j *Journal) unaudited(err error) error {
	err = fmt.Errorf("%w: cannot be audited: %w", resolve.ErrUnavailable, err)
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return resolve.WithHint(err, "make room on the disk of %s; nothing that was stored is lost", j.Dir)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return resolve.WithHint(err, "ls -ld %s", j.Dir)
	}
	return err
}
