package serve

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/squire-env/squire/resolve/api"
)

func (c *call) resolve() (any, error) {
	b, err := c.jsonBody()
	if err != nil {
		return nil, err
	}
	r, plain := api.ParseResolveRequest(b)
	if !plain {
		r = api.ResolveRequest{}
		if err := decodeJSON(b, &r); err != nil {
			return nil, err
		}
	}
	if len(r.Secrets) > maxRefs {
		return nil, api.Errorf("%d secrets in one request, and at most %d are allowed", len(r.Secrets), maxRefs)
	}
	answer, err := c.caller.Resolve(c.r.Context(), r)
	if err != nil {
		return nil, err
	}
	b, err = api.AppendResolveResponse(make([]byte, 0, api.AnswerSize(answer)+1), answer)
	if err != nil {
		return nil, err
	}
	c.write(200, append(b, '\n'))
	return nil, nil
}

// maxRefs limits how many secrets one request names.
const maxRefs = 1000

// maxWatched limits how many secrets one long poll names: a change of one reads
// all of them again.
const maxWatched = 100

// maxWait limits a long poll: proxies close connections that are silent for a
// minute.
const maxWait = 50 * time.Second

func (c *call) watch() (any, error) {
	q := c.query("secret*", "etag", "wait")
	r := api.WatchRequest{Etag: q.text("etag"), Wait: min(q.duration("wait"), maxWait)}
	for _, text := range q.values["secret"] {
		ref, err := watchedRef(text)
		q.errs = append(q.errs, err)
		r.Secrets = append(r.Secrets, ref)
	}
	if n := len(r.Secrets); n == 0 || n > maxWatched {
		q.errs = append(q.errs, api.Errorf("%d secrets; want 1 to %d, as secret=main/db", n, maxWatched))
	}
	if err := q.err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(c.r.Context())
	defer cancel(nil)
	stop := context.AfterFunc(c.server.ending, func() { cancel(errShutdown) })
	defer stop()
	answer, err := c.caller.Watch(ctx, r)
	if err != nil && context.Cause(ctx) == errShutdown || err == nil && !answer.Changed {
		return noAnswer, nil
	}
	return answer, err
}

// errShutdown ends a long poll early, so that the client asks another server.
var errShutdown = errors.New("the server is shutting down")

// watchedRef parses ENVIRONMENT/NAME[@VERSION].
func watchedRef(text string) (api.SecretRef, error) {
	text, version, pinned := strings.Cut(text, "@")
	environment, name, ok := strings.Cut(text, "/")
	r := api.SecretRef{Environment: environment, Name: name}
	var err error
	if pinned {
		r.Version, err = strconv.Atoi(version)
	}
	if !ok || err != nil {
		return r, api.Errorf("parameter secret: want ENVIRONMENT/NAME or ENVIRONMENT/NAME@VERSION")
	}
	return r, nil
}
