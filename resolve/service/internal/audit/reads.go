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
// JSON lines. The store has the number of the first one that is not merged; lower
// ones remain after a crash between a commit and the removal, and their lines are
// in the chain.
//
// When a file is large, the next number is started, so that a writer can merge
// some of many reads. Files with numbers far above the first are ignored.
//
// Each write begins and ends with a newline, so that an incomplete one damages
// only itself. It is one write in append mode, so that lines do not mix.
type Reads struct{ Dir string }

const (
	maxFile = 1 << 20 // bytes; a larger file is full
	window  = 1_000_000
)

// maxLine limits the memory for one line.
const maxLine = 64 << 10

// Append appends entries to file number n or, if that is full or of another
// user, to a later one. It does not wait for the disk.
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
	for range 3 { // the last one, the next, and one more if another process creates the next
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

// goOn reports whether to try the next number: this file is full, or another
// user's.
func (r Reads) goOn(n uint64, err error) bool {
	return err == errFull || errors.Is(err, fs.ErrPermission) && r.Any(n)
}

func (r Reads) open(n uint64) (*os.File, error) {
	if info, err := os.Lstat(r.file(n)); err == nil && (!info.Mode().IsRegular() || info.Size() >= maxFile) {
		return nil, errFull
	}
	const flags = os.O_WRONLY | os.O_APPEND
	f, err := atomicfile.OpenOrCreate(r.file(n), flags)
	if errors.Is(err, fs.ErrNotExist) { // the folder was removed
		if err := atomicfile.MkdirAll(r.Dir); err != nil {
			return nil, err
		}
		f, err = atomicfile.OpenOrCreate(r.file(n), flags)
	}
	return f, err
}

// last is the last of the consecutive numbers from n on that have a file, or n.
// It uses a binary search, because every read may need it.
func (r Reads) last(n uint64) uint64 {
	there, gone := uint64(0), uint64(1) // relative to n
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

// Pending calls fn with every entry of the files from number n on. A file that
// cannot be read is skipped and reported in the error, unless fn fails.
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

// Any reports quickly whether file number n exists.
func (r Reads) Any(n uint64) bool {
	_, err := os.Lstat(r.file(n))
	return err == nil
}

// SetAside renames a file that cannot be read now to a number behind all others,
// so that those can be merged. There must be no concurrent Append.
func (r Reads) SetAside(n uint64) error {
	files, err := r.Files(n)
	if err != nil || len(files) == 0 || files[len(files)-1] == n {
		return err // it is the last already
	}
	return os.Rename(r.file(n), r.file(files[len(files)-1]+1))
}

// RemoveBelow removes the files below n, which are merged.
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

// blank is what can be between lines: a Journal's file ends in zeros, and Append
// writes behind them.
const blank = "\x00 \t\r\n"

// Read reads a whole file, or fails: a file that is merged in part would be
// merged again. Lines that are not entries are counted in an Unreadable entry at
// the end.
func (r Reads) Read(n uint64) (all []Entry, err error) {
	info, err := os.Lstat(r.file(n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", r.file(n))
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
		if err == bufio.ErrBufferFull { // zeros, or not a line of squire: skip the rest of it
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
