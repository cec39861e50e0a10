package service

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/gate"
)

// ListSecrets lists one environment, newest first. A page starts after the last
// secret of the page before, even if secrets were created or deleted meanwhile.
func (s *Service) ListSecrets(ctx context.Context, req api.ListRequest) (answer api.SecretList, err error) {
	req.Environment = orMain(req.Environment)
	after, cerr := positions(req)
	var lerr error
	if req.Limit < 0 {
		lerr = fmt.Errorf("%w limit %d: want 0 (all) or more", resolve.ErrInvalid, req.Limit)
	}
	if err := errors.Join(resolve.CheckEnvironment(req.Environment), lerr, cerr); err != nil {
		return answer, err
	}
	err = s.read(ctx, gate.List, req.Environment, "", func(r *gate.Records) error {
		answer = api.SecretList{Secrets: []api.Secret{}}
		if _, err := r.Environment(req.Environment); err != nil {
			return err
		}
		return r.List(req.Environment, after, func(head gate.Secret) (bool, error) {
			if n := len(answer.Secrets); req.Limit > 0 && n == req.Limit {
				last := answer.Secrets[n-1]
				answer.NextCursor = cursor(last.CreatedAt.Time, last.Name)
				return false, nil
			}
			one, err := describe(r, head)
			answer.Secrets = append(answer.Secrets, one)
			return true, err
		})
	})
	if err != nil {
		return api.SecretList{}, err
	}
	return answer, nil
}

func positions(req api.ListRequest) (after []gate.Position, err error) {
	if !req.CreatedBefore.IsZero() {
		after = append(after, gate.Position{Time: req.CreatedBefore.Time})
	}
	if req.Cursor == "" {
		return after, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(req.Cursor)
	if err != nil || len(b) < 9 || resolve.CheckName(string(b[8:])) != nil {
		return nil, fmt.Errorf("%w cursor", resolve.ErrInvalid)
	}
	t := time.Unix(0, int64(binary.BigEndian.Uint64(b))).UTC()
	return append(after, gate.Position{Time: t, Name: string(b[8:])}), nil
}

// cursor is the time (nanoseconds since 1970, 8 bytes) and the name of the
// last secret of a page.
func cursor(t time.Time, name string) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano()))
	return base64.RawURLEncoding.EncodeToString(append(b, name...))
}
