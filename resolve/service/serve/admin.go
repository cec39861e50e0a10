package serve

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// completeTrailer is sent after a complete backup; a truncated one lacks it.
const completeTrailer = "Squire-Complete"

func (c *call) backup() (any, error) {
	var r api.BackupRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	out := &stream{c: c, control: http.NewResponseController(c.w)}
	if err := c.caller.Backup(c.r.Context(), r, out); err != nil {
		return nil, err
	}
	c.w.Header().Set(completeTrailer, "true")
	return nil, nil
}

// stream sends each write immediately. The headers go out with the first bytes,
// so that a failure before them is answered as an ordinary error.
type stream struct {
	c       *call
	control *http.ResponseController
}

var _ io.Writer = (*stream)(nil)

// streamTimeout is how long a client may take to accept one write.
const streamTimeout = time.Minute

func (s *stream) Write(b []byte) (int, error) {
	if !s.c.sent {
		h := s.c.w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Trailer", completeTrailer)
		h["Cache-Control"] = noStore
		s.c.sent = true
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(streamTimeout)) // not every writer supports it
	return s.c.w.Write(b)
}

func (c *call) rotateKey() (any, error) {
	var r api.RotateKeyRequest
	if err := c.decode(&r); err != nil {
		return nil, err
	}
	return c.caller.RotateKey(c.r.Context(), r)
}

// withRequestID returns the context of a write with the request id that the
// client sent, if any.
func (c *call) withRequestID() (context.Context, error) {
	id := c.r.Header.Get(api.RequestIDHeader)
	if id == "" {
		return c.r.Context(), nil
	}
	if resolve.CheckName(id) != nil {
		return nil, api.Errorf("header %s: want 1 to 64 of A-Z a-z 0-9 . _ -", api.RequestIDHeader)
	}
	return api.WithRequestID(c.r.Context(), id), nil
}
