//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/provider/squire"
)

// house is a store: a throw-away squired's, or the embedded one.
type house struct {
	api.Service
	closer  io.Closer
	squired *exec.Cmd // nil: embedded
	environ []string  // with what squire finds it
}

func embedded(dir string) (*house, error) {
	data, key := filepath.Join(dir, "data"), filepath.Join(dir, "key")
	h := &house{environ: []string{"SQUIRE_DATA_DIR=" + data, "SQUIRE_MASTER_KEY_FILE=" + key}}
	return h, h.open(squire.Settings{Variables: squire.Variables{DataDir: data, MasterKeyFile: key}})
}

func served(dir string) (*house, error) {
	path := func(name string) string { return filepath.Join(dir, name) }
	h := &house{squired: exec.Command(os.Getenv("SQUIRED"), "serve", "--listen", "127.0.0.1:0", "--data-dir", path("served"),
		"--master-key-file", path("served.key"), "--bootstrap-token-file", path("token"))}
	log, err := h.squired.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := h.squired.Start(); err != nil {
		return nil, err
	}
	server := ""
	for in := bufio.NewReader(log); server == ""; {
		line, err := in.ReadString('\n')
		if _, rest, found := strings.Cut(line, "squired answers at "); found {
			server = strings.Fields(rest)[0]
		} else if err != nil {
			return nil, errors.Join(fmt.Errorf("squired: %s", line), h.squired.Wait())
		}
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
	h.environ = []string{"SQUIRE_SERVER=" + server, "SQUIRE_TOKEN_FILE=" + path("token")}
	if err := h.open(squire.Settings{Server: server, TokenFile: path("token")}); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) open(s squire.Settings) (err error) {
	h.Service, h.closer, err = squire.OpenService(s)
	return err
}

func (h *house) close() {
	if h.closer != nil {
		_ = h.closer.Close()
	}
	if h.squired != nil {
		stop(h.squired)
	}
}

func (h *house) create(name, key, value string) error {
	_, err := h.CreateSecret(context.Background(), api.CreateSecretRequest{Name: name, EnvDict: api.EnvDict{key: resolve.NewValue(value)}})
	return err
}

func (h *house) update(name, key, value string) error {
	_, err := h.UpdateSecret(context.Background(), api.UpdateSecretRequest{Name: name, EnvDict: api.EnvChanges{key: new(resolve.NewValue(value))}})
	return err
}

// squire is a wrapper that finds the store.
func (h *house) squire(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Getenv("SQUIRE"), args...)
	cmd.Env = append(os.Environ(), h.environ...)
	cmd.Stderr = os.Stderr
	return cmd
}

func stop(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
}
