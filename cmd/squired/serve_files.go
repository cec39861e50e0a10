package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"os"

	"go.uber.org/zap"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/atomicfile"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
	"github.com/squire-env/squire/resolve/service/serve/keypair"
	"github.com/squire-env/squire/resolve/service/serve/oidc"
)

// tls follows the certificate's files.
func (f *serveFlags) tls(log *zap.Logger) (*tls.Config, func(), error) {
	if f.tlsCert == "" {
		return nil, func() {}, nil
	}
	pair, err := keypair.Open(keypair.Config{CertFile: f.tlsCert, KeyFile: f.tlsKey, Warn: func(text string) { log.Warn(text) }})
	if err != nil {
		return nil, nil, err
	}
	return pair.TLS(), func() { _ = pair.Close() }, nil
}

// identities accepts the tokens of other issuers.
func (f *serveFlags) identities(c *serve.Config) (func(), error) {
	if f.oidcConfig == "" {
		return func() {}, nil
	}
	issuers, err := oidc.Read(f.oidcConfig)
	if err != nil {
		return nil, err
	}
	v, err := oidc.New(oidc.Config{Issuers: issuers, Warn: func(text string) { c.Log.Warn(text) }})
	if err != nil {
		return nil, err
	}
	c.Identities = identities{v, c.Log}
	return func() { _ = v.Close() }, nil
}

// identities are those of an oidc-config. Only the operator learns why a
// token is refused.
type identities struct {
	verifier *oidc.Verifier
	log      *zap.Logger
}

func (i identities) Identify(ctx context.Context, token string) (string, api.Scope, error) {
	id, err := i.verifier.Verify(ctx, token)
	if err != nil {
		i.log.Info("a token of another issuer was refused", zap.String("reason", oidc.Reason(err)))
	}
	return id.Name, id.Scope, err
}

// Recall exempts callers who signed in lately from the limit on failed sign-ins.
func (i identities) Recall(token string) (string, api.Scope, bool) {
	id, ok := i.verifier.Recall(token)
	return id.Name, id.Scope, ok
}

// openAuditLog opens the copy of the audit trail, if one is asked for.
func (f *serveFlags) openAuditLog(c *service.Config, stdout io.Writer) (func() error, error) {
	switch f.auditLog {
	case "":
		return func() error { return nil }, nil
	case "-":
		c.AuditCopy = stdout
		return func() error { return nil }, nil
	}
	// A link is refused: it could lead root to another file.
	file, err := os.OpenFile(f.auditLog, os.O_WRONLY|os.O_CREATE|os.O_APPEND|atomicfile.NoFollow, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: --audit-log: %w", resolve.ErrUnavailable, err)
	}
	c.AuditCopy = file
	return file.Close, nil
}
