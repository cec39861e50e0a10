package store

// Empty is a store that has nothing yet: a dry run on it finds out what would
// happen, before anything is made for it.
type Empty struct {
	Wrote bool // something would have been put
}

var _ Tx = (*Empty)(nil)

// Get finds nothing.
func (*Empty) Get(string, string) ([]byte, error) { return nil, nil }

// Put notes that there was something to put.
func (e *Empty) Put(string, string, []byte) error { e.Wrote = true; return nil }

// Delete has nothing to delete.
func (*Empty) Delete(string, string) error { return nil }

// Scan finds nothing.
func (*Empty) Scan(string, Range, func(string, []byte) (bool, error)) error { return nil }

// Notify has nobody to tell.
func (*Empty) Notify(string) {}
