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

// Journal is the reads of a server, which has the store for itself: lines are
// durable before the answer. It writes the same files as Reads, and fills them
// with zeros first, because to overwrite is to wait for the disk once, and to
// grow a file is to wait for its length as well. The zeros at the end are the
// file's end.
//
// What it has written and nobody has folded in yet it still knows, unless that
// is much.
type Journal struct {
	Reads
	// Sync makes a file's bytes durable. Nil: fdatasync.
	Sync func(*os.File) error
	// Began is told of the first lines behind a Cut, Full of a file that is
	// full. They must not block. Nil: nobody is told.
	Began, Full func()

	mu     sync.Mutex // held while a group is written
	file   *os.File   // nil: the next group begins one
	n      uint64     // its number, else of the one before
	at     int64      // where the next group goes
	size   int64      // of the file, with its zeros
	grow   int64      // the size of the next file; 0: minFile
	next   uint64     // the lowest number that may be begun
	lines  []byte     // of this file; nil: they are too many to keep
	sealed []Sealed
	kept   int        // bytes that sealed takes
	ahead  chan ahead // nil: none is being made
	aheadN uint64     // its number
}

// Sealed is a file that is not written any more.
type Sealed struct {
	N     uint64
	Lines []byte // each with its newline; nil: to be read from the file
}

// ahead is the file behind this one, made before it is needed.
type ahead struct {
	n    uint64
	file *os.File
	size int64
	err  error
}

// minFile is the size of a file that may be cut soon; those that fill up have
// larger ones behind them. maxKept bounds the memory for what is not folded in.
const minFile, maxKept = 64 << 10, 2 << 20

// Write makes a group durable, and calls durable when it is, before any Cut.
// No file below first is written. The error is an ErrUnavailable; the next
// group tries anew, in another file.
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

// begin takes the file that is ready, if it is large enough, or makes one: a
// small one where the disk has room for no other.
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

// number reserves one that nobody has.
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

// make makes file number n, full of zeros, with its name on the disk.
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

// drop removes a file without a line. Its number is free again: a disk that
// stays full for long must not use up those that are looked at.
func (j *Journal) drop(a ahead) {
	if a.file != nil {
		_ = a.file.Close()
		_ = os.Remove(j.Reads.file(a.n))
	}
	if a.n == j.next-1 {
		j.next = a.n
	}
}

// seal ends the file. What is in it is known still, or to be read.
func (j *Journal) seal() {
	_ = j.file.Close() // what counts is on the disk
	j.sealed = append(j.sealed, Sealed{j.n, j.lines})
	j.kept += cap(j.lines)
	j.file, j.lines, j.at = nil, nil, 0
}

// abandon leaves a file that could not be written: nobody knows what is in it
// behind the groups that were.
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

// Cut ends the file that is written, if there is anything in it.
func (j *Journal) Cut() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file != nil && j.at > 0 {
		j.seal()
		j.grow = 0
	}
}

// Sealed is what this process has sealed and is not folded in, and the number
// below which no file from first on will be written any more, be it whose it
// may.
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

// SetAside gives a file that cannot be read now a number that is folded in
// later.
func (j *Journal) SetAside(k uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return os.Rename(j.Reads.file(k), j.Reads.file(j.number()))
}

// Folded forgets what is in the files below.
func (j *Journal) Folded(below uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.sealed) > 0 && j.sealed[0].N < below {
		j.kept -= cap(j.sealed[0].Lines)
		j.sealed = j.sealed[1:]
	}
}

// Close removes what was made and not used. Nobody may write meanwhile.
func (j *Journal) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ahead != nil {
		j.drop(<-j.ahead)
		j.ahead = nil
	}
	j.abandon()
}

// unaudited is the error of who is refused for want of a line.
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
