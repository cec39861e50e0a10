package store

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// bbolt trusts its file: a truncated one faults, and one of length zero is
// taken for new. So its two meta pages are read first, without mapping.
//
//	page header          16  id, flags, count, overflow
//	magic                 4  0xED0CDAED
//	version               4  2
//	page size, flags    4+4
//	root, sequence      8+8
//	freelist              8
//	high-water page id    8
//	txid                  8
//	checksum              8  FNV-1a of the 56 bytes from magic on
//
// One good meta page is enough, as it is for bbolt: a crash can tear the other.
const (
	metaAt    = 16
	metaSize  = 64
	boltMagic = 0xED0CDAED
	boltVers  = 2
)

// openChecked opens the file, and refuses what bbolt must not map.
func openChecked(path string, flag int) (*os.File, error) {
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return nil, err
	}
	if err := checkFile(f, path); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func checkFile(f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return corrupt(path, "it is no regular file")
	}
	if err := checkMode(path, info, 0o600); err != nil {
		return err
	}
	if info.Size() == 0 {
		return corrupt(path, "it is empty")
	}
	return checkMeta(f, path, info.Size())
}

func checkMeta(f io.ReaderAt, path string, size int64) error {
	var page [metaAt + metaSize]byte
	if _, err := f.ReadAt(page[:], 0); err == io.EOF {
		return corrupt(path, fmt.Sprintf("it is truncated to %d bytes", size))
	} else if err != nil {
		return err
	}
	first := readMeta(page[:])
	if first.ok && first.end() <= uint64(size) && first.secondIsFine(f, uint64(size)) {
		return nil
	}
	// The first is torn or the file is short: look for the second where the
	// usual page sizes have it.
	foreign := !first.magic
	for _, pageSize := range []int64{4096, 8192, 16384, 65536} {
		if _, err := f.ReadAt(page[:], pageSize); err != nil {
			continue
		}
		m := readMeta(page[:])
		foreign = foreign && !m.magic
		if m.ok && m.pageSize == uint64(pageSize) && m.end() <= uint64(size) && (!first.ok || first.end() <= uint64(size)) {
			return nil
		}
	}
	if foreign {
		return corrupt(path, "it is no squire store")
	}
	return corrupt(path, fmt.Sprintf("it is damaged, or truncated to %d bytes", size))
}

type meta struct {
	magic, ok      bool
	pageSize, pgid uint64
}

func (m meta) end() uint64 { return m.pageSize * m.pgid }

// secondIsFine says whether the other meta, when good, fits the file too:
// bbolt takes the newer one.
func (m meta) secondIsFine(f io.ReaderAt, size uint64) bool {
	var page [metaAt + metaSize]byte
	if _, err := f.ReadAt(page[:], int64(m.pageSize)); err != nil {
		return false
	}
	o := readMeta(page[:])
	return !o.ok || o.end() <= size
}

func readMeta(page []byte) meta {
	b := page[metaAt:]
	le := binary.NativeEndian // as bbolt, which maps the file as it is
	h := fnv.New64a()
	_, _ = h.Write(b[:metaSize-8])
	m := meta{magic: le.Uint32(b) == boltMagic, pageSize: uint64(le.Uint32(b[8:])), pgid: le.Uint64(b[40:])}
	m.ok = m.magic && le.Uint32(b[4:]) == boltVers && le.Uint64(b[56:]) == h.Sum64() &&
		m.pageSize >= 1024 && m.pageSize <= 1<<20 && m.pgid < 1<<44
	return m
}
