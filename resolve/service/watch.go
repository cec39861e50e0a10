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

// state is what an etag represents: which version of which secret, in order. A
// secret that is deleted and created again has another Life, and so another etag,
// although its version is 1 again. It contains nothing of a value.
type state []byte

func newState() state { return make(state, 0, 192) }

// add adds the secret, or the version, that ref names. A secret that does not
// exist, or that the caller may not see, has the zero head. For a version that
// does not exist yet the newest one is added, so that creating it changes the
// state.
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

// defaultWait is how long a Watch without a Wait waits.
const defaultWait = 30 * time.Second

// Watch waits for a change of the secrets in the request. It subscribes before it
// looks at them first, so that no change is missed.
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

// look returns the current etag. The first look of a watch leaves the audit line.
// If it finds the etag that the caller knows, there is no line: a caller asks
// every minute, and learns nothing. A refused access always leaves a line.
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
