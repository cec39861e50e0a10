package store

// Empty is a transaction on a store that does not exist yet. A dry run on it
// shows what would happen, before the store is created.
type Empty struct {
	Wrote bool // Put was called
}

var _ Tx = (*Empty)(nil)

// Get finds nothing.
func (*Empty) Get(string, string) ([]byte, error) { return nil, nil }

// Put sets Wrote.
func (e *Empty) Put(string, string, []byte) error { e.Wrote = true; return nil }

// Delete does nothing.
func (*Empty) Delete(string, string) error { return nil }

// Scan finds nothing.
func (*Empty) Scan(string, Range, func(string, []byte) (bool, error)) error { return nil }

// Notify does nothing.
func (*Empty) Notify(string) {}
