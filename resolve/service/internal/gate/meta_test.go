package gate

import (
	"hash/crc32"
	"testing"

	"pgregory.net/rapid"
)

func TestChecksumIsCRC32(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "bytes")
		if checksum(b) != crc32.ChecksumIEEE(b) {
			t.Errorf("%08x, want %08x", checksum(b), crc32.ChecksumIEEE(b))
		}
	})
}
