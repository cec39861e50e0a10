package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/internal/archive"
	"github.com/squire-env/squire/resolve/service/internal/gate"
	"github.com/squire-env/squire/resolve/service/internal/seal"
)

// Backup writes the whole store to w, encrypted so that only the recipients can
// read it, and not even this service. It contains the keys that seal the store, so
// that it can be restored without the key file; the identity of any recipient
// opens all of it. Without a Config.Encrypt it is an errors.ErrUnsupported.
//
// The backup is first written to a temporary file, encrypted, so that a slow w
// does not block writers or compaction.
func (s *Service) Backup(ctx context.Context, req api.BackupRequest, w io.Writer) error {
	if s.encrypt == nil {
		return resolve.WithHint(fmt.Errorf("%w: this service makes no backups", errors.ErrUnsupported), "squired backup --recipient age1… --out FILE")
	}
	encrypt, err := s.encrypt(req.Recipients)
	if err != nil {
		return err
	}
	e := &export{dir: s.spoolDir, encrypt: encrypt, now: s.gate.Now}
	defer e.close()
	if err := s.gate.Export(ctx, s.caller, e); err != nil {
		return spoolError(err)
	}
	file, err := e.finish()
	if err != nil {
		return spoolError(err)
	}
	if _, err := io.Copy(w, contextReader{ctx, file}); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: writing the backup: %w", resolve.ErrUnavailable, err)
	}
	return nil
}

// export is a gate.Export that writes an archive to a temporary file.
type export struct {
	dir     string
	encrypt func(io.Writer) (io.WriteCloser, error)
	now     func() time.Time

	spool   *spool // nil until the gate has allowed the export
	out     io.WriteCloser
	archive *archive.Writer
}

func (e *export) Begin(id gate.StoreID, keys *seal.Keyring) (err error) {
	ring, err := keys.Marshal()
	if err != nil {
		return err
	}
	if e.spool, err = newSpool(e.dir); err != nil {
		return err
	}
	if e.out, err = e.encrypt(e.spool.file); err != nil {
		return err
	}
	h := archive.Header{Store: id.String(), CreatedAt: api.NewTime(e.now()), Squire: buildVersion(), Keyring: bytes.TrimSpace(ring)}
	e.archive, err = archive.NewWriter(e.out, h)
	return err
}

func (e *export) Put(bucket, key string, value []byte) error {
	return e.archive.Put(bucket, key, value)
}

// finish completes the file and returns it, to be read from its beginning.
func (e *export) finish() (*os.File, error) {
	if err := errors.Join(e.archive.Close(), e.out.Close()); err != nil {
		return nil, err
	}
	_, err := e.spool.file.Seek(0, io.SeekStart)
	return e.spool.file, err
}

func (e *export) close() {
	if e.spool != nil {
		e.spool.close()
	}
}

func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// contextReader returns an error when its context has ended.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
