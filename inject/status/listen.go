package status

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/squire-env/squire/resolve"
)

// Listen takes an address: HOST:PORT, or a Unix socket as unix:PATH or as an
// absolute path. A socket is for its owner alone. One that nobody listens at
// any more is replaced; the listener's Close removes it.
func Listen(address string) (net.Listener, error) {
	path, isSocket := strings.CutPrefix(address, "unix:")
	if isSocket || filepath.IsAbs(address) {
		return listenSocket(path)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, badAddress()
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("the status cannot be shown: %w", err)
	}
	return l, nil
}

// badAddress does not tell it: what was typed may be anything.
func badAddress() error {
	return resolve.WithHint(fmt.Errorf("%w address of the status: want HOST:PORT or the path of a Unix socket", resolve.ErrInvalid),
		"--status-listen 127.0.0.1:9187")
}

func listenSocket(path string) (net.Listener, error) {
	if path == "" {
		return nil, badAddress()
	}
	if err := clearSocket(path); err != nil {
		return nil, err
	}
	// Before it can be found, and again where the system looks at the umask
	// alone.
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error { return c.Control(makePrivate) }}
	l, err := config.Listen(context.Background(), "unix", path)
	if err == nil {
		if err = os.Chmod(path, 0o600); err != nil {
			_ = l.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the status cannot be shown: %w", err)
	}
	return l, nil
}

// clearSocket removes what a killed process has left.
func clearSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the status cannot be shown: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("the status cannot be shown at %s: it exists and is not a socket", path)
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		_ = c.Close()
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	}
	// Somebody answers, or is too busy to, or is another user's.
	return fmt.Errorf("the status cannot be shown at %s: it is in use", path)
}
