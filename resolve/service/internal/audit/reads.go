package audit

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Reads are the accesses that are not in the chain yet: files reads/<n>.log of
// JSON lines. The store says which number is the first that is not folded in;
// lower ones are leftovers of a crash between a commit and a removal, and
// their lines are in the chain.
//
// Each write begins and ends with a newline, so that a torn one spoils nothing
// but itself. It is one write in append mode, so lines do not mix.
type Reads struct{ Dir string }

// maxLine bounds what one line may take of memory.
const maxLine = 64 << 10

// Append adds entries to file number n, and waits for nothing.
func (r Reads) Append(n uint64, entries []Entry) error {
	f, err := os.OpenFile(r.file(n), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	b := make([]byte, 0, 160*len(entries)+1)
	b = append(b, '\n')
	for _, e := range entries {
		b = append(e.append(b), "}\n"...)
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// Pending shows fn every entry of the files from number n on, below limit
// unless that is 0, and returns the number after the highest, which is n when
// there are none.
func (r Reads) Pending(n, limit uint64, fn func(Entry) error) (next uint64, err error) {
	files, err := r.list()
	if err != nil {
		return n, err
	}
	next = n
	for _, k := range files {
		if k < n || limit > 0 && k >= limit {
			continue
		}
		next = max(next, k+1)
		if err := r.read(k, fn); err != nil {
			return n, err
		}
	}
	return next, nil
}

// Any says whether file number n is there, for a fast look.
func (r Reads) Any(n uint64) bool {
	_, err := os.Lstat(r.file(n))
	return err == nil
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

func (r Reads) list() ([]uint64, error) {
	entries, err := os.ReadDir(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".log")
		if n, err := strconv.ParseUint(name, 10, 64); ok && err == nil {
			files = append(files, n)
		}
	}
	slices.Sort(files)
	return files, err
}

func (r Reads) read(n uint64, fn func(Entry) error) error {
	f, err := os.Open(r.file(n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	unreadable := 0
	in := bufio.NewReaderSize(f, maxLine)
	for {
		b, err := in.ReadSlice('\n')
		for long := err; long == bufio.ErrBufferFull; { // no line of ours: skip the rest of it
			b = []byte("-")
			_, long = in.ReadSlice('\n')
			err = long
		}
		if b = bytes.TrimSpace(b); len(b) > 0 {
			if _, e, perr := parse(b); perr != nil {
				unreadable++
			} else if ferr := fn(e); ferr != nil {
				return ferr
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if unreadable > 0 {
		return fn(Entry{Action: Unreadable, Outcome: Unreadable, Lines: unreadable})
	}
	return nil
}
