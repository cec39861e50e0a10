package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/squire-env/squire/resolve/atomicfile"
)

// Reads are the accesses that are not in the chain yet: files reads/<n>.log of
// JSON lines. The store says which number is the first that is not folded in;
// lower ones are leftovers of a crash between a commit and a removal, and
// their lines are in the chain.
//
// A file that has grown large is left, and the next number begun, so that a
// writer can fold in a part of many. Numbers far above the first are nobody's.
//
// Each write begins and ends with a newline, so that a torn one spoils nothing
// but itself. It is one write in append mode, so lines do not mix.
type Reads struct{ Dir string }

const (
	maxFile = 1 << 20 // of bytes: a larger one is full
	window  = 1_000_000
)

// maxLine bounds what one line may take of memory.
const maxLine = 64 << 10

// Append adds entries to file number n or, where that is full or another's, to
// one behind it. It waits for nothing.
func (r Reads) Append(n uint64, entries []Entry) error {
	b := make([]byte, 0, 160*len(entries)+1)
	b = append(b, '\n')
	for _, e := range entries {
		b = append(e.append(b), "}\n"...)
	}
	f, err := r.openLast(n)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

var errFull = errors.New("full")

func (r Reads) openLast(n uint64) (*os.File, error) {
	f, err := r.open(n)
	if !r.goOn(n, err) {
		return f, err
	}
	k := r.last(n)
	for range 3 { // the last; one behind it; one behind that of another who did the same
		if k-n >= window {
			return nil, errFull
		}
		if f, err = r.open(k); !r.goOn(k, err) {
			return f, err
		}
		k++
	}
	return nil, err
}

// goOn says whether the next number may help: this file is full, or another's.
func (r Reads) goOn(n uint64, err error) bool {
	return err == errFull || errors.Is(err, fs.ErrPermission) && r.Any(n)
}

func (r Reads) open(n uint64) (*os.File, error) {
	if info, err := os.Lstat(r.file(n)); err == nil && (!info.Mode().IsRegular() || info.Size() >= maxFile) {
		return nil, errFull
	}
	const flags = os.O_WRONLY | os.O_APPEND
	f, err := atomicfile.OpenOrCreate(r.file(n), flags)
	if errors.Is(err, fs.ErrNotExist) { // the folder: somebody has tidied up
		if err := atomicfile.MkdirAll(r.Dir); err != nil {
			return nil, err
		}
		f, err = atomicfile.OpenOrCreate(r.file(n), flags)
	}
	return f, err
}

// last is the highest number of the run of files that begins at n, or n. It
// looks at few of them: this is on the way of each read.
func (r Reads) last(n uint64) uint64 {
	there, gone := uint64(0), uint64(1) // behind n
	for gone < window && r.Any(n+gone) {
		there, gone = gone, 2*gone
	}
	for there+1 < gone {
		if middle := (there + gone) / 2; r.Any(n + middle) {
			there = middle
		} else {
			gone = middle
		}
	}
	return n + there
}

// Pending shows fn every entry of the files from number n on. A file that
// cannot be read is left out; the error says so, unless it is fn's.
func (r Reads) Pending(n uint64, fn func(Entry) error) error {
	files, err := r.Files(n)
	for _, k := range files {
		entries, rerr := r.Read(k)
		err = errors.Join(err, rerr)
		for _, e := range entries {
			if err := fn(e); err != nil {
				return err
			}
		}
	}
	return err
}

// Any says whether file number n is there, for a fast look.
func (r Reads) Any(n uint64) bool {
	_, err := os.Lstat(r.file(n))
	return err == nil
}

// SetAside gives a file that cannot be read now a number behind all others, so
// that those can be folded in. Nobody may append meanwhile.
func (r Reads) SetAside(n uint64) error {
	files, err := r.Files(n)
	if err != nil || len(files) == 0 || files[len(files)-1] == n {
		return err // the last already
	}
	return os.Rename(r.file(n), r.file(files[len(files)-1]+1))
}

// RemoveBelow removes what is folded in.
func (r Reads) RemoveBelow(n uint64) error {
	files, err := r.list()
	for _, k := range files {
		if k < n {
			if rerr := os.Remove(r.file(k)); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
				err = errors.Join(err, rerr)
			}
		}
	}
	return err
}

func (r Reads) file(n uint64) string {
	return filepath.Join(r.Dir, strconv.FormatUint(n, 10)+".log")
}

// Files are the numbers of the files from n on, in order.
func (r Reads) Files(n uint64) (files []uint64, err error) {
	all, err := r.list()
	for _, k := range all {
		if k >= n && k-n < window {
			files = append(files, k)
		}
	}
	return files, err
}

func (r Reads) list() ([]uint64, error) {
	entries, err := os.ReadDir(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".log")
		if n, err := strconv.ParseUint(name, 10, 64); ok && err == nil && filepath.Base(r.file(n)) == e.Name() {
			files = append(files, n)
		}
	}
	slices.Sort(files)
	return files, err
}

// blank is what is between lines: a Journal's file ends in zeros, and who comes
// behind it appends to them.
const blank = "\x00 \t\r\n"

// Read reads a file to its end, or not at all: half a file folded in would be
// folded in again. What is no entry is counted in an Unreadable one at the end.
func (r Reads) Read(n uint64) (all []Entry, err error) {
	info, err := os.Lstat(r.file(n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", r.file(n))
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(r.file(n))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unreadable := 0
	in := bufio.NewReaderSize(f, maxLine)
	for {
		b, err := in.ReadSlice('\n')
		if err == bufio.ErrBufferFull { // zeros, or no line of ours: skip the rest of it
			foreign := len(bytes.Trim(b, blank)) > 0
			for err == bufio.ErrBufferFull {
				b, err = in.ReadSlice('\n')
				foreign = foreign || len(bytes.Trim(b, blank)) > 0
			}
			if b = nil; foreign {
				b = []byte("-")
			}
		}
		if b = bytes.Trim(b, blank); len(b) > 0 {
			if _, e, err := parse(b); err != nil || e.Action == Unreadable {
				unreadable++
			} else {
				all = append(all, e)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if unreadable > 0 {
		all = append(all, Entry{Action: Unreadable, Outcome: Unreadable, Lines: unreadable})
	}
	return all, nil
}
