package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash"
	"io"

	"github.com/squire-env/squire/resolve"
)

// Reader reads an archive. Its records must not be used before Next has returned
// io.EOF: only then is the archive known to be complete and unchanged.
type Reader struct {
	Header Header

	in    *bufio.Reader
	sum   hash.Hash
	count uint64
}

// NewReader reads the header. If r is not an archive, the error is an ErrCorrupt.
func NewReader(r io.Reader) (*Reader, error) {
	a := &Reader{in: bufio.NewReaderSize(r, 64<<10), sum: sha256.New()}
	var start [len(magic) + 1]byte
	if err := a.read(start[:]); err != nil {
		return nil, err
	}
	if string(start[:len(magic)]) != magic {
		return nil, bad("it is not a squire backup")
	}
	switch f := start[len(magic)]; {
	case f == 0:
		return nil, bad("it is damaged")
	case f > Format:
		return nil, resolve.WithHint(bad(fmt.Sprintf("made by a newer squire: format %d; this one reads %d", f, Format)), "install a newer squire")
	}
	b, err := a.text(maxHeader)
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(b, &a.Header) != nil { // json's own text quotes the input
		return nil, bad("its header is damaged")
	}
	return a, nil
}

// Next reads one record. After the last one the error is io.EOF if the count and
// the checksum are right, and an ErrCorrupt otherwise.
func (a *Reader) Next() (bucket, key string, value []byte, err error) {
	var mark [1]byte
	if err := a.read(mark[:]); err != nil {
		return "", "", nil, err
	}
	switch mark[0] {
	case recordMark:
	case endMark:
		return "", "", nil, a.end()
	default:
		return "", "", nil, bad("it is damaged")
	}
	a.count++
	var parts [3][]byte
	for i, limit := range [...]uint64{maxName, maxName, maxValue} {
		if parts[i], err = a.text(limit); err != nil {
			return "", "", nil, err
		}
	}
	return string(parts[0]), string(parts[1]), parts[2], nil
}

func (a *Reader) end() error {
	n, err := binary.ReadUvarint(byteReader{a})
	if err != nil {
		return short(err)
	}
	want := a.sum.Sum(nil)
	var got [sha256.Size]byte
	if _, err := io.ReadFull(a.in, got[:]); err != nil {
		return short(err)
	}
	if n != a.count || !bytes.Equal(got[:], want) {
		return bad("its checksum is wrong")
	}
	switch _, err := a.in.ReadByte(); err {
	case io.EOF:
		return io.EOF
	case nil:
		return bad("it has data behind its end")
	default:
		return short(err)
	}
}

func (a *Reader) text(limit uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(byteReader{a})
	if err != nil {
		return nil, short(err)
	}
	if n > limit {
		return nil, bad("it is damaged")
	}
	var b bytes.Buffer // grows with the data: the length may be wrong
	if _, err := io.CopyN(&b, a.in, int64(n)); err != nil {
		return nil, short(err)
	}
	_, _ = a.sum.Write(b.Bytes())
	return b.Bytes(), nil
}

func (a *Reader) read(b []byte) error {
	if _, err := io.ReadFull(a.in, b); err != nil {
		return short(err)
	}
	_, _ = a.sum.Write(b)
	return nil
}

type byteReader struct{ *Reader }

func (b byteReader) ReadByte() (byte, error) {
	c, err := b.in.ReadByte()
	if err == nil {
		_, _ = b.sum.Write([]byte{c})
	}
	return c, err
}

// short is the error of a failed read: the archive is truncated, or its source
// failed.
func short(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return bad("it is truncated")
	}
	return fmt.Errorf("%w backup: it cannot be read to its end: %w", resolve.ErrCorrupt, err)
}

func bad(why string) error { return fmt.Errorf("%w backup: %s", resolve.ErrCorrupt, why) }
