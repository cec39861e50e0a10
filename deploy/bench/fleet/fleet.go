//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/api/client"
)

// fleet is one server, and the wrappers that watch its one secret.
type fleet struct {
	dir      string
	log      *os.File
	server   *squired
	service  *client.Client
	reports  *reports
	wrappers []*exec.Cmd // the nth reports as number n
	changes  int         // of the secret, and its marker now
}

const (
	secret = "db"
	// patience is for what must come, however busy the machine is: a wrapper
	// asks a server that was gone again after a minute at most.
	patience = 3 * time.Minute
)

func newFleet(dir string) (*fleet, error) {
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	f := &fleet{dir: dir, log: log, server: &squired{dir: dir, log: log, addr: "127.0.0.1:0"}}
	if f.reports, err = listen(filepath.Join(dir, "socket")); err != nil {
		return nil, err
	}
	if err := f.server.start(); err != nil {
		return nil, err
	}
	f.service, err = client.New(client.Config{Server: "http://" + f.server.addr, TokenFile: filepath.Join(dir, "token")})
	if err == nil {
		_, err = f.service.CreateSecret(context.Background(), api.CreateSecretRequest{Name: secret, EnvDict: api.EnvDict{"MARKER": resolve.NewValue(f.marker())}})
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

func (f *fleet) close() {
	for _, w := range f.wrappers {
		_ = w.Process.Signal(syscall.SIGTERM)
	}
	for _, w := range f.wrappers {
		_ = w.Wait()
	}
	f.server.end(syscall.SIGTERM)
}

func (f *fleet) marker() string { return strconv.Itoa(f.changes) }

// ids are what the children of the wrappers report as.
func (f *fleet) ids() []string {
	ids := make([]string, len(f.wrappers))
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	return ids
}

// command is one of the programs, which runs the child at last.
func (f *fleet) command(id string, argv ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], append(argv[1:], os.Getenv("REPORT"))...)
	cmd.Env = []string{
		"HOME=" + f.dir, "SQUIRE_SERVER=http://" + f.server.addr, "SQUIRE_TOKEN_FILE=" + filepath.Join(f.dir, "token"),
		"FLEET_SOCKET=" + filepath.Join(f.dir, "socket"), "FLEET_ID=" + id,
	}
	cmd.Dir, cmd.Stderr = f.dir, f.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	return cmd
}

// grow starts wrappers until there are n; their children run when it returns.
func (f *fleet) grow(n int) error {
	first := len(f.wrappers)
	for i := first; i < n; i++ {
		f.wrappers = append(f.wrappers, f.command(strconv.Itoa(i), os.Getenv("SQUIRE"), "run", "--watch", "-s", secret, "--"))
	}
	want := f.reports.expect(f.marker(), f.ids()[first:]...)
	errs := make([]error, n)
	starting := make(chan struct{}, 16)
	var group sync.WaitGroup
	for i := first; i < n; i++ {
		starting <- struct{}{}
		group.Go(func() {
			errs[i] = f.wrappers[i].Start()
			<-starting
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if _, err := f.reports.wait(want, patience); err != nil {
		return err
	}
	return settle(f.pids())
}

func (f *fleet) pids() []int {
	pids := make([]int, len(f.wrappers))
	for i, w := range f.wrappers {
		pids[i] = w.Process.Pid
	}
	return pids
}

// change changes the secret, and returns when that was acknowledged. The next
// children of all wrappers are then waited for.
func (f *fleet) change() (acknowledged int64, want *wanted, err error) {
	f.changes++
	want = f.reports.expect(f.marker(), f.ids()...)
	_, err = f.service.UpdateSecret(context.Background(), api.UpdateSecretRequest{Name: secret, EnvDict: api.EnvChanges{"MARKER": new(resolve.NewValue(f.marker()))}})
	if err != nil {
		err = fmt.Errorf("the update: %w", err)
	}
	return now(), want, err
}

// reach is a change that reaches all wrappers, and how long that takes.
func (f *fleet) reach() (took int64, err error) {
	acknowledged, want, err := f.change()
	if err != nil {
		return 0, err
	}
	last, err := f.reports.wait(want, patience)
	return last - acknowledged, err
}
