package service

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// state is what an etag stands for: which version of which secret, in order.
// A secret that is deleted and made anew has another life, and so another
// etag, though its version is 1 again. Nothing in it is made of a value.
type state []byte

func newState() state { return make(state, 0, 192) }

// add adds the secret, or its version, that ref names. One that is not there, or
// not for this caller, has the zero head; and of a version that is not there the
// newest stands, so that the one that comes makes another state.
func (s *state) add(ref api.SecretRef, head gate.Secret) {
	version := head.Version
	if ref.Version != 0 && ref.Version <= head.Version {
		version = ref.Version
	}
	b := append(*s, ref.Environment...)
	b = append(b, '/')
	b = append(b, ref.Name...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(version))
	*s = append(b, head.Life[:]...)
}

func (s state) etag() string {
	sum := sha256.Sum256(s)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// defaultWait is how long a Watch waits that does not say.
const defaultWait = 30 * time.Second

// Watch waits for a change of what the request names. What comes between the
// subscription and the first look is seen by the look.
func (s *Service) Watch(ctx context.Context, req api.WatchRequest) (api.WatchResponse, error) {
	refs, err := checkRefs(req.Secrets)
	if err != nil {
		return api.WatchResponse{}, err
	}
	wait := req.Wait
	if wait <= 0 {
		wait = defaultWait
	}
	accesses := accessesTo(gate.Watch, refs)
	sub := s.gate.Subscribe(accesses)
	defer sub.Close()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	known := req.Etag
	for first, over := true, false; ; first = false {
		now, err := s.look(ctx, refs, accesses, first, known)
		if err != nil {
			return api.WatchResponse{}, err
		}
		if known == "" {
			known = now
		}
		if now != known || over {
			return api.WatchResponse{Changed: now != known, Etag: now}, nil
		}
		select {
		case <-sub.C:
		case <-timer.C:
			over = true
		case <-ctx.Done():
			return api.WatchResponse{}, context.Cause(ctx)
		}
	}
}

// look is the etag of what is there now. The first look of a watch is its audit line; but one
// that finds what the caller knows tells nothing, and a caller asks so each
// minute. What is refused has its line always.
func (s *Service) look(ctx context.Context, refs []api.SecretRef, accesses []gate.Access, first bool, known string) (etag string, err error) {
	err = s.gate.Read(ctx, s.caller, accesses, func(r *gate.Records) error {
		state := newState()
		for _, ref := range refs {
			head, err := r.Secret(ref.Environment, ref.Name)
			if err != nil && !errors.Is(err, resolve.ErrNotFound) && !errors.Is(err, resolve.ErrDenied) {
				return err
			}
			state.add(ref, head)
		}
		etag = state.etag()
		if !first || etag == known && !r.Refused() {
			r.Unused()
		}
		return nil
	})
	return etag, err
}

func accessesTo(action gate.Action, refs []api.SecretRef) []gate.Access {
	accesses := make([]gate.Access, len(refs))
	for i, ref := range refs {
		accesses[i] = gate.Access{Action: action, Environment: ref.Environment, Name: ref.Name}
	}
	return accesses
}
