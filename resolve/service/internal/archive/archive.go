// Package archive is the content of a backup: a stream of a store's records, as
// they are sealed, with the keys that open them. It is written and read once
// from its beginning to its end, in constant memory. It is always inside of an
// encryption (age), for it holds those keys.
//
// Format 1:
//
//	"squire backup"  13
//	format            1  0x01
//	header            n  length, JSON: Header
//	records              0x01, then bucket, key and value, each behind its length
//	end               1  0x00
//	count                of the records
//	checksum         32  SHA-256 of all that is before it
//
// Lengths and the count are uvarints.
package archive

import (
	"encoding/json"

	"github.com/squire-env/squire/resolve/api"
)

// Format is what is written, and the highest that is read.
const Format = 1

const magic = "squire backup"

const recordMark, endMark = 1, 0

// Bounds of what is read, in bytes: far above what a store can have, and low
// enough to be read into memory.
const maxHeader, maxName, maxValue = 1 << 20, 1 << 10, 64 << 20

// Header says what is in an archive.
type Header struct {
	Store     string          `json:"store"` // the id that the records are bound to
	CreatedAt api.Time        `json:"created_at"`
	Squire    string          `json:"squire"`  // version of the program
	Keyring   json.RawMessage `json:"keyring"` // as the key file, without its stores
}
