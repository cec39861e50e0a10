package squire

import (
	"context"
	"errors"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// remember keeps the last complete answers of a few lists in memory, and sends
// their etags. So polling leaves no audit line and is not a use of the secrets
// while they have not changed.
//
// It is in front of the cache, never behind it. A request with an etag goes through
// the cache to the server. If that cannot be reached, it is an error although the
// cache has an answer: the caller has that answer too, and must learn that it is
// stale.
type remember struct {
	api.Service
	answers recent[api.ResolveResponse]
}

var _ api.Service = (*remember)(nil)

// maxAnswers limits the number of lists whose answers are kept.
const maxAnswers = 8

func newRemember(of api.Service) *remember {
	return &remember{Service: of, answers: recent[api.ResolveResponse]{max: maxAnswers}}
}

// Resolve asks whether the last answer is still current, and returns it then. The
// required keys may differ from last time: they are checked here before the etag
// is sent, and by the service before it answers that nothing has changed.
func (m *remember) Resolve(ctx context.Context, r api.ResolveRequest) (api.ResolveResponse, error) {
	if r.Etag != "" {
		return m.Service.Resolve(ctx, r) // the caller has an answer
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
		m.answers.drop(list) // the caller may not have it any more, or it does not exist
	}
	return answer, err
}
