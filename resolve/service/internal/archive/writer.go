package archive

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"hash"
	"io"
)

// Writer writes an archive. Close must follow the last record.
type Writer struct {
	out   *bufio.Writer
	to    io.Writer // out and sum
	sum   hash.Hash
	count uint64
}

// NewWriter writes the header.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	b, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	a := &Writer{out: bufio.NewWriterSize(w, 64<<10), sum: sha256.New()}
	a.to = io.MultiWriter(a.out, a.sum)
	_, err = a.to.Write(append([]byte(magic), Format))
	if err == nil {
		err = a.text(b)
	}
	return a, err
}

// Put writes one record.
func (a *Writer) Put(bucket, key string, value []byte) error {
	a.count++
	if _, err := a.to.Write([]byte{recordMark}); err != nil {
		return err
	}
	for _, b := range [...][]byte{[]byte(bucket), []byte(key), value} {
		if err := a.text(b); err != nil {
			return err
		}
	}
	return nil
}

func (a *Writer) text(b []byte) error {
	if _, err := a.to.Write(binary.AppendUvarint(nil, uint64(len(b)))); err != nil {
		return err
	}
	_, err := a.to.Write(b)
	return err
}

// Close writes the end. It does not close the underlying writer.
func (a *Writer) Close() error {
	if _, err := a.to.Write(binary.AppendUvarint([]byte{endMark}, a.count)); err != nil {
		return err
	}
	if _, err := a.out.Write(a.sum.Sum(nil)); err != nil {
		return err
	}
	return a.out.Flush()
}
