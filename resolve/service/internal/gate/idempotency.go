package gate

import (
	"crypto/sha256"
	"slices"

	"github.com/squire-env/squire/resolve/api"
)

// maxRequests is how many writes a secret remembers, so that one whose answer
// was not heard can be sent again, also after some of others.
const maxRequests = 8

// Request names the write that is made, where it came with an id: by that id,
// by who sent it, and by all that it asks for. The same id with anything else
// is another write. what may hold values: of it only a hash is kept, under
// seal. A write without an id has no name.
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

// Made says whether a write of this name has made one of the latest versions.
func (s Secret) Made(request string) bool {
	return request != "" && slices.Contains(s.Requests, request)
}

// remember adds the write that is made.
func (r *Records) remember(requests []string) []string {
	if r.request == "" {
		return requests
	}
	all := append(slices.Clone(requests), r.request)
	return all[max(0, len(all)-maxRequests):]
}
