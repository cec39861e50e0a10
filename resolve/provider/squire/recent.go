package squire

import (
	"strconv"
	"sync"

	"github.com/squire-env/squire/resolve/api"
)

// recent stores something about the lists that were used last, and drops that of
// the others. A process usually resolves the same list again and again.
type recent[T any] struct {
	max int

	mu    sync.Mutex
	lists []remembered[T] // the most recent at the end
}

type remembered[T any] struct {
	list string
	what T
}

func (r *recent[T]) get(list string) (what T, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.take(list)
	if ok {
		r.lists = append(r.lists, last)
	}
	return last.what, ok
}

func (r *recent[T]) put(list string, what T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.take(list)
	r.lists = append(r.lists, remembered[T]{list, what})
	if len(r.lists) > r.max {
		r.lists[0] = remembered[T]{} // so that it is garbage now
		r.lists = r.lists[1:]
	}
}

func (r *recent[T]) drop(list string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.take(list)
}

// take removes a list; the caller holds mu.
func (r *recent[T]) take(list string) (last remembered[T], ok bool) {
	for i, one := range r.lists {
		if one.list == list {
			copy(r.lists[i:], r.lists[i+1:])
			r.lists[len(r.lists)-1] = remembered[T]{}
			r.lists = r.lists[:len(r.lists)-1]
			return one, true
		}
	}
	return last, false
}

// listOf identifies a list by what its etag depends on: not required keys, nor
// what is optional. No name contains the separators.
func listOf(refs []api.SecretRef) string {
	b := make([]byte, 0, 32*len(refs))
	for _, r := range refs {
		b = append(b, r.Environment...)
		b = append(b, '/')
		b = append(b, r.Name...)
		b = append(b, '@')
		b = strconv.AppendInt(b, int64(r.Version), 10)
		b = append(b, ' ')
	}
	return string(b)
}
