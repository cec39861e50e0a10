package gate

import (
	"crypto/sha256"
	"slices"

	"github.com/squire-env/squire/resolve/api"
)

// maxRequests is how many writes a secret remembers, so that a write whose
// answer was lost can be sent again, even after some other writes.
const maxRequests = 8

// Request names the current write, if it has an idempotency id: by the id, the
// caller, and what, which is all that the write asks for. The same id with
// anything else is another write. what may hold values: only a hash is kept, and
// it is sealed. The name of a write without an id is "".
func (r *Records) Request(what []byte) string {
	id := api.RequestID(r.ctx)
	if id == "" {
		return ""
	}
	var b encoder
	b.text(id)
	b.text(r.caller)
	b.text(string(what))
	sum := sha256.Sum256(b)
	r.request = string(sum[:16])
	return r.request
}

// Made reports whether a write of this name made one of the latest versions.
func (s Secret) Made(request string) bool {
	return request != "" && slices.Contains(s.Requests, request)
}

// remember adds the current write.
func (r *Records) remember(requests []string) []string {
	if r.request == "" {
		return requests
	}
	all := append(slices.Clone(requests), r.request)
	return all[max(0, len(all)-maxRequests):]
}
