// Package archive is the content of a backup: a stream of a store's sealed
// records, with the keys that open them. Because of these keys, an archive is
// always encrypted (with age).
//
// Start with NewWriter and NewReader. They write and read an archive once, from
// beginning to end, in constant memory. A Reader promises that a damaged archive
// is an ErrCorrupt.
//
// Format 1:
//
//	"squire backup"  13
//	format            1  0x01
//	header            n  length, JSON: Header
//	records              0x01, then bucket, key and value, each after its length
//	end               1  0x00
//	count                of the records
//	checksum         32  SHA-256 of everything before it
//
// Lengths and the count are uvarints.
package archive

import (
	"encoding/json"

	"github.com/squire-env/squire/resolve/api"
)

// Format is the format that is written, and the highest that is read.
const Format = 1

const magic = "squire backup"

const recordMark, endMark = 1, 0

// The limits of a reader, in bytes: far above what a store can have, and low
// enough for memory.
const maxHeader, maxName, maxValue = 1 << 20, 1 << 10, 64 << 20

// Header describes the content of an archive.
type Header struct {
	Store     string          `json:"store"` // the id that the records are bound to
	CreatedAt api.Time        `json:"created_at"`
	Squire    string          `json:"squire"`  // version of the program
	Keyring   json.RawMessage `json:"keyring"` // as the key file, without its stores
}
