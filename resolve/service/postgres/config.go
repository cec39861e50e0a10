package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/squire-env/squire/resolve"
)

const (
	connectTimeout   = 5 * time.Second
	statementTimeout = 30 * time.Second // in case the network drops everything silently
	maxConns         = 16
)

// Example is an example of a URL, for messages.
const Example = "postgres://USER@HOST:5432/DATABASE?sslmode=verify-full"

func invalidURL() error {
	return resolve.WithHint(fmt.Errorf("%w database URL (it may hold a password, and is not shown)", resolve.ErrInvalid),
		"it looks like "+Example+"; the password can come from PGPASSWORD or PGPASSFILE")
}

// parse reads a URL. It never returns an error of pgx, which may quote the URL.
func parse(text string, lockWait time.Duration) (*pgxpool.Config, error) {
	if !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		return nil, invalidURL()
	}
	pc, err := pgxpool.ParseConfig(text)
	if err != nil {
		return nil, invalidURL()
	}
	if u, err := url.Parse(text); err != nil || !u.Query().Has("pool_max_conns") {
		pc.MaxConns = maxConns
	}
	pc.MaxConns = max(pc.MaxConns, 4) // with fewer, migrations and purges can wait for each other
	cc := pc.ConnConfig
	if cc.ConnectTimeout == 0 {
		cc.ConnectTimeout = connectTimeout
	}
	if cc.DefaultQueryExecMode == pgx.QueryExecModeSimpleProtocol {
		cc.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	}
	cc.OnNotice = noteWarning
	for name, value := range map[string]string{
		"application_name": applicationName(),
		"lock_timeout":     milliseconds(lockWait),
		// A server that hangs in a transaction must not block the others.
		"idle_in_transaction_session_timeout": milliseconds(time.Minute),
		// Everything is read by its primary key. Without these, a cached plan
		// from a time when the table was small would read all of it later.
		"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off", "jit": "off",
	} {
		if _, given := cc.RuntimeParams[name]; !given {
			cc.RuntimeParams[name] = value
		}
	}
	return pc, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }

// applicationName identifies each server in pg_stat_activity.
func applicationName() string {
	host, _ := os.Hostname()
	name := fmt.Sprintf("%s %s/%d", strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe"), host, os.Getpid())
	return name[:min(len(name), 63)]
}

// locationOf is the address as a URL without user, password and settings.
func locationOf(cc *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", Path: "/" + cc.Database}
	port := strconv.Itoa(int(cc.Port))
	if strings.HasPrefix(cc.Host, "/") || strings.HasPrefix(cc.Host, "@") { // the folder of a socket
		u.RawQuery = "host=" + cc.Host + "&port=" + port
		return "postgres://" + u.RequestURI()
	}
	u.Host = net.JoinHostPort(cc.Host, port)
	return u.String()
}

// backoff waits with exponential backoff, up to 2 s, and with jitter: after an
// outage, all servers reconnect at once.
type backoff struct{ last time.Duration }

// sleep returns false if ctx has ended.
func (b *backoff) sleep(ctx context.Context) bool {
	b.last = min(2*time.Second, max(10*time.Millisecond, 2*b.last))
	t := time.NewTimer(b.last/2 + rand.N(b.last/2))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
