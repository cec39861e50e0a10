//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	began    int         // the marker that the wrappers began with
}

const (
	secret = "db"
	// startTimeout is for what must come, however busy the machine is: a wrapper
	// asks a server that was gone again after a minute at most.
	startTimeout = 3 * time.Minute
)

func newFleet(dir string) (*fleet, error) {
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o700); err != nil {
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
	f.stop()
	f.server.end(syscall.SIGTERM)
}

func (f *fleet) marker() string { return strconv.Itoa(f.changes) }

// ids are what the children of n wrappers report as.
func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = strconv.Itoa(i)
	}
	return all
}

// command is one of the programs, which runs the child at last.
func (f *fleet) command(id string, argv ...string) *exec.Cmd {
	cmd := exec.Command(argv[0], append(argv[1:], os.Getenv("REPORT"))...)
	cmd.Env = []string{
		"HOME=" + f.dir, "SQUIRE_SERVER=http://" + f.server.addr, "SQUIRE_TOKEN_FILE=" + filepath.Join(f.dir, "token"),
		"FLEET_SOCKET=" + filepath.Join(f.dir, "socket"), "FLEET_ID=" + id,
	}
	cmd.Dir, cmd.Stderr = filepath.Join(f.dir, "empty"), f.log // a wrapper watches its folder: nobody writes to that
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	return cmd
}

// start starts n wrappers; their children run when it returns.
func (f *fleet) start(n int, flags ...string) error {
	f.changes++ // a marker that nobody has reported yet
	if err := f.update(); err != nil {
		return err
	}
	f.began = f.changes
	all := make([]*exec.Cmd, n)
	args := slices.Concat([]string{os.Getenv("SQUIRE"), "run", "--watch", "-s", secret}, flags, []string{"--"})
	for i := range all {
		all[i] = f.command(strconv.Itoa(i), args...)
	}
	want := f.reports.expect(f.marker(), ids(n)...)
	errs := make([]error, n)
	starting := make(chan struct{}, 16)
	var group sync.WaitGroup
	for i, cmd := range all {
		starting <- struct{}{}
		group.Go(func() {
			errs[i] = cmd.Start()
			<-starting
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	f.wrappers = all
	if _, err := f.reports.wait(want, startTimeout); err != nil {
		return err
	}
	return settle(f.pids())
}

// stop ends all wrappers.
func (f *fleet) stop() {
	for _, w := range f.wrappers {
		_ = w.Process.Signal(syscall.SIGTERM)
	}
	for _, w := range f.wrappers {
		_ = w.Wait() // its status is the signal's
	}
	f.wrappers = nil
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
	want = f.reports.expect(f.marker(), ids(len(f.wrappers))...)
	err = f.update()
	return now(), want, err
}

func (f *fleet) update() error {
	_, err := f.service.UpdateSecret(context.Background(), api.UpdateSecretRequest{Name: secret, EnvDict: api.EnvChanges{"MARKER": new(resolve.NewValue(f.marker()))}})
	if err != nil {
		return fmt.Errorf("the update: %w", err)
	}
	return nil
}

// reach is a change that reaches all wrappers, and how long that takes.
func (f *fleet) reach() (took int64, err error) {
	acknowledged, want, err := f.change()
	if err != nil {
		return 0, err
	}
	last, err := f.reports.wait(want, startTimeout)
	return last - acknowledged, err
}
