package squire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/api/client"
	"github.com/squire-env/squire/resolve/atomicfile"
)

// cache stores the last complete answer to each list, sealed, and uses it if the
// server cannot be reached, but never instead of an answer of the server. If the
// server says that the secrets do not exist, or that the caller may not have them,
// the stored answer is removed.
type cache struct {
	api.Service
	server string
	key    []byte
	dir    atomicfile.Folder
	maxAge time.Duration
	warn   func(string)
	now    func() time.Time // a seam for tests

	mu     sync.Mutex
	keptAt map[string]time.Time // by this process
}

var _ api.Service = (*cache)(nil)

const (
	defaultMaxAge = 24 * time.Hour
	// maxSkew is how far in the future the time of an answer may be, since clocks
	// are adjusted.
	maxSkew = 5 * time.Minute
	// maxKept limits the size of a file in bytes: the longest answer and its header.
	maxKept = 64<<20 + 1024
)

// newCache decorates the service of a server. It reads the key and nothing else.
func newCache(s Settings, of api.Service, server string) (*cache, error) {
	key, err := cacheKey(s)
	if err != nil {
		return nil, err
	}
	c := &cache{Service: of, server: server, key: key, dir: atomicfile.Folder(s.CacheDir), maxAge: s.CacheMaxAge, warn: s.Warn, now: time.Now, keptAt: map[string]time.Time{}}
	if c.maxAge == 0 {
		c.maxAge = defaultMaxAge
	}
	if c.maxAge < 0 {
		return nil, resolve.WithHint(fmt.Errorf("%w --cache-max-age: want a duration above zero", resolve.ErrInvalid), "--cache-max-age 24h")
	}
	if c.warn == nil {
		c.warn = func(string) {}
	}
	return c, nil
}

// Resolve asks the server, and uses the cache if that cannot be reached.
func (c *cache) Resolve(ctx context.Context, r api.ResolveRequest) (api.ResolveResponse, error) {
	list := listID(c.server, r.Secrets)
	name := cacheName(list)
	if r.Etag != "" {
		return c.refresh(ctx, r, name, list)
	}
	last := c.read(r, name, list)
	if last != nil {
		r.Etag = last.answer.Etag
	}
	answer, err := c.Service.Resolve(ctx, r)
	var unreachable *client.Unreachable
	switch {
	case err == nil:
		if answer.Unchanged {
			answer = last.answer // without it no Etag is sent
		}
		c.keep(kept{at: c.now(), answer: answer}, name, list)
		return answer, nil
	case errors.As(err, &unreachable):
		return c.standIn(last, err)
	}
	c.refused(err, name, list)
	return api.ResolveResponse{}, err
}

// refresh is for a caller that already has an answer. The cache does not replace
// the server: the caller must learn that its answer is stale. A new answer is
// stored for the next process. That an answer is still current is stored only from
// time to time, since a caller may ask every minute.
func (c *cache) refresh(ctx context.Context, r api.ResolveRequest, name string, list []byte) (api.ResolveResponse, error) {
	answer, err := c.Service.Resolve(ctx, r)
	switch {
	case err != nil:
		c.refused(err, name, list)
	case !answer.Unchanged:
		c.keep(kept{at: c.now(), answer: answer}, name, list)
	case c.due(name):
		if last := c.read(r, name, list); last != nil && last.answer.Etag == answer.Etag {
			c.keep(kept{at: c.now(), answer: last.answer}, name, list)
		}
	}
	return answer, err
}

// due reports whether the stored answer is so old, as far as this process knows,
// that it should be stored again.
func (c *cache) due(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	at, known := c.keptAt[name]
	if known && now.Sub(at) < c.maxAge/10 {
		return false
	}
	c.keptAt[name] = now // also if it is not stored then, so that the file is not read each time
	return true
}

// refused removes the answer if the server says that the secrets do not exist, or
// that the caller may not have them.
func (c *cache) refused(err error, name string, list []byte) {
	if errors.Is(err, resolve.ErrNoIdentity) || errors.Is(err, resolve.ErrDenied) || errors.Is(err, resolve.ErrNotFound) {
		if e := c.dir.Remove(name); e != nil {
			c.warn(fmt.Sprintf("cache: an answer that is not valid any more cannot be removed: %s", e))
		}
	}
}

// read returns the last answer to a list, of any age; nil if there is none that
// can be trusted.
func (c *cache) read(r api.ResolveRequest, name string, list []byte) *kept {
	b, err := c.dir.Read(name, maxKept)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var k kept
	if err == nil {
		k, err = openKept(b, c.key, list)
	}
	switch {
	case err == nil && k.answer.Etag == "":
		return nil // an earlier version stored only the names of absent secrets
	case err == nil && !complete(r, k.answer):
		err = errors.New("it does not contain what is requested")
	}
	if err != nil {
		c.warn(fmt.Sprintf("cache: the last answer is not used: %s", withHint(err)))
		return nil
	}
	return &k
}

func (c *cache) keep(k kept, name string, list []byte) {
	c.mu.Lock()
	c.keptAt[name] = k.at
	c.mu.Unlock()
	b, err := k.seal(c.key, list)
	if err == nil {
		err = c.dir.Write(name, b)
	}
	if err != nil {
		c.warn(fmt.Sprintf("cache: the answer cannot be stored: %s", withHint(err)))
	}
}

// withHint is an error and its hint in one line, since a warning has only one.
func withHint(err error) string {
	if hint := resolve.Hint(err); hint != "" {
		return err.Error() + ": " + hint
	}
	return err.Error()
}

// standIn returns the last answer with a warning, if it is not too old; otherwise
// an error that says why not.
func (c *cache) standIn(last *kept, unreachable error) (api.ResolveResponse, error) {
	if last == nil {
		return api.ResolveResponse{}, fmt.Errorf("%w; and the cache has no answer to this list", unreachable)
	}
	age := c.now().Sub(last.at)
	switch {
	case age > c.maxAge:
		return api.ResolveResponse{}, fmt.Errorf("%w; and the answer in the cache is from %s ago, more than %s", unreachable, shortly(age), c.maxAge)
	case age < -maxSkew:
		return api.ResolveResponse{}, fmt.Errorf("%w; and the answer in the cache is from the future, by %s", unreachable, shortly(-age))
	}
	c.warn(fmt.Sprintf("%s; secrets of %s ago are taken from the cache", unreachable, shortly(max(age, 0))))
	return last.answer, nil
}

// shortly formats an age for a message.
func shortly(d time.Duration) string { return d.Round(time.Second).String() }

// complete reports whether an answer matches the list and is complete. It was
// checked before it was sealed, but what a command gets is checked again.
func complete(r api.ResolveRequest, answer api.ResolveResponse) bool {
	if answer.Etag == "" || len(answer.Secrets) != len(r.Secrets) {
		return false
	}
	for i, s := range answer.Secrets {
		ref := r.Secrets[i]
		if s.Name != ref.Name || ref.Environment != "" && s.Environment != ref.Environment || s.Absent != (s.EnvDict == nil) || s.Absent && !ref.Optional {
			return false
		}
		if s.Absent {
			continue
		}
		for _, k := range ref.RequiredKeys {
			if _, ok := s.EnvDict[k]; !ok {
				return false
			}
		}
	}
	return true
}
