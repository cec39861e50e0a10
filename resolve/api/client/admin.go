package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// completeTrailer follows a complete backup.
const completeTrailer = "Squire-Complete"

// Backup writes the server's backup to w. Only ctx limits its duration. After an
// error, what was written to w is not a backup.
func (c *Client) Backup(ctx context.Context, r api.BackupRequest, w io.Writer) error {
	state := &call{request: request{method: http.MethodPost, path: "/v1/admin/backup", body: r, stream: true}, started: time.Now()}
	answer, err := c.send(ctx, state)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		b, err := io.ReadAll(answer.Body)
		if err != nil {
			return c.unreachable(ctx, state, err)
		}
		if err := c.refused(ctx, state, answer, b); err != nil {
			return err
		}
		return c.notSquired(answer.StatusCode)
	}
	in := &source{r: answer.Body}
	if _, err := io.Copy(w, in); err != nil {
		if in.err != nil { // else it is an error of w
			return c.unreachable(ctx, state, err)
		}
		return err
	}
	if answer.Trailer.Get(completeTrailer) != "true" {
		return fmt.Errorf("%w: the backup is truncated", resolve.ErrUnavailable)
	}
	return nil
}

// source tells errors of reading from errors of writing.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// RotateKey has the server encrypt everything with a new key. Another call resumes
// an interrupted one; only ctx limits its duration.
func (c *Client) RotateKey(ctx context.Context, r api.RotateKeyRequest) (answer api.RotateKeyResponse, err error) {
	if _, ok := ctx.Deadline(); !ok {
		limited, cancel := context.WithTimeout(ctx, 24*time.Hour)
		defer cancel()
		ctx = limited
	}
	err = c.do(ctx, request{method: http.MethodPost, path: "/v1/admin/rotate-key", body: r, once: true}, &answer)
	return answer, err
}
