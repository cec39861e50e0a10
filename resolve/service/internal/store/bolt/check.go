package bolt

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
)

// bbolt trusts its file: a truncated one causes a fault, and an empty one counts
// as new. So its two meta pages are checked first, without mapping the file.
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
// One valid meta page is enough, as for bbolt: a crash can damage the other.
const (
	metaAt    = 16
	metaSize  = 64
	boltMagic = 0xED0CDAED
	boltVers  = 2
)

// openChecked opens the file, and refuses one that bbolt must not map.
func (b *Store) openChecked(path string, flag int) (*os.File, error) {
	if err := refuseLink(path); err != nil {
		return nil, err
	}
	f, err := atomicfile.OpenFile(path, flag|atomicfile.NoFollow, 0)
	if err != nil {
		return nil, err
	}
	if err := b.checkFile(f, path); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// refuseLink refuses a symbolic link: a compaction would replace the link and
// leave the deleted bytes in the file that it leads to, and the lock beside the
// link is not the one beside that file.
func refuseLink(path string) error {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		return err
	}
	hint := "set SQUIRE_DATA_DIR to the folder that the file is in"
	if real, err := filepath.EvalSymlinks(path); err == nil && filepath.Base(real) == FileName {
		hint = "set SQUIRE_DATA_DIR=" + filepath.Dir(real)
	}
	return resolve.WithHint(fmt.Errorf("%w: the store %s is a symbolic link", resolve.ErrUnavailable, path), "%s", hint)
}

func (b *Store) checkFile(f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return corrupt(path, "it is not a regular file")
	}
	if err := atomicfile.CheckFile(path, info); err != nil {
		return fileError(err)
	}
	if info.Size() == 0 {
		return corrupt(path, "it is empty")
	}
	half, err := checkMeta(f, path, info.Size())
	if half {
		b.warnf("the store %s: one of its two meta pages is damaged: the last write may be lost", path)
	}
	return err
}

// checkMeta returns an error if the file cannot be opened. half says that only
// one of its meta pages is valid.
func checkMeta(f io.ReaderAt, path string, size int64) (half bool, err error) {
	var page [metaAt + metaSize]byte
	if _, err := f.ReadAt(page[:], 0); err == io.EOF {
		return false, corrupt(path, fmt.Sprintf("it is truncated to %d bytes", size))
	} else if err != nil {
		return false, err
	}
	first := readMeta(page[:])
	if first.ok && first.end() <= uint64(size) {
		if second := first.second(f); !second.ok || second.end() <= uint64(size) {
			return !second.ok, nil
		}
	}
	// The first is damaged or the file is short: try the second at the offsets of
	// the usual page sizes.
	foreign := !first.magic
	for _, pageSize := range []int64{4096, 8192, 16384, 65536} {
		if _, err := f.ReadAt(page[:], pageSize); err != nil {
			continue
		}
		m := readMeta(page[:])
		foreign = foreign && !m.magic
		if m.ok && m.pageSize == uint64(pageSize) && m.end() <= uint64(size) && (!first.ok || first.end() <= uint64(size)) {
			return !first.ok, nil
		}
	}
	if foreign {
		return false, corrupt(path, "it is not a squire store")
	}
	return false, corrupt(path, fmt.Sprintf("it is damaged, or truncated to %d bytes", size))
}

type meta struct {
	magic, ok      bool
	pageSize, pgid uint64
}

func (m meta) end() uint64 { return m.pageSize * m.pgid }

// second is the other meta page: bbolt uses the newer one.
func (m meta) second(f io.ReaderAt) meta {
	var page [metaAt + metaSize]byte
	if _, err := f.ReadAt(page[:], int64(m.pageSize)); err != nil {
		return meta{}
	}
	return readMeta(page[:])
}

func readMeta(page []byte) meta {
	b := page[metaAt:]
	le := binary.NativeEndian // bbolt maps the file as it is
	h := fnv.New64a()
	_, _ = h.Write(b[:metaSize-8])
	m := meta{magic: le.Uint32(b) == boltMagic, pageSize: uint64(le.Uint32(b[8:])), pgid: le.Uint64(b[40:])}
	m.ok = m.magic && le.Uint32(b[4:]) == boltVers && le.Uint64(b[56:]) == h.Sum64() &&
		m.pageSize >= 1024 && m.pageSize <= 1<<20 && m.pgid >= 2 && m.pgid < 1<<44
	return m
}
