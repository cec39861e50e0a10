package squire

import (
	"context"
	"errors"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// remember keeps the last complete answer to the last few lists in memory, and
// asks again by its etag: so a process that looks whether its secrets have
// changed uses none of them, and leaves no audit line, while they have not.
//
// It stands in front of the cache, never behind. A request with an etag goes
// through the cache to the server, and where that is gone it is an error
// though the cache has an answer: who has asked before has that answer too,
// and must hear that it is stale.
type remember struct {
	api.Service
	answers recent[api.ResolveResponse]
}

var _ api.Service = (*remember)(nil)

// maxAnswers bounds how many lists have their answers kept.
const maxAnswers = 8

func newRemember(of api.Service) *remember {
	return &remember{Service: of, answers: recent[api.ResolveResponse]{max: maxAnswers}}
}

// Resolve asks whether the last answer is still the answer, and gives it then.
// The required keys may be others than last time: the service checks them
// before it says so, and here they are checked before it is asked so.
func (m *remember) Resolve(ctx context.Context, r api.ResolveRequest) (api.ResolveResponse, error) {
	if r.Etag != "" {
		return m.Service.Resolve(ctx, r) // the caller has an answer already
	}
	list := listOf(r.Secrets)
	last, known := m.answers.get(list)
	if known && complete(r, last) {
		r.Etag = last.Etag
	}
	answer, err := m.Service.Resolve(ctx, r)
	switch {
	case err == nil && answer.Unchanged && r.Etag != "":
		return last, nil
	case err == nil && complete(r, answer):
		m.answers.put(list, answer)
	case errors.Is(err, resolve.ErrNoIdentity), errors.Is(err, resolve.ErrDenied), errors.Is(err, resolve.ErrNotFound):
		m.answers.drop(list) // not for this caller any more, or of nothing
	}
	return answer, err
}
