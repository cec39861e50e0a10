package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/api/client"
)

// daemon is the real squired in a folder of its own.
type daemon struct {
	testing.TB
	dir string
	cmd *exec.Cmd
	log io.ReadCloser
}

func (d *daemon) token() string { return filepath.Join(d.dir, "token") }

// begin starts it, and does not wait.
func (d *daemon) begin() {
	d.Helper()
	d.cmd = exec.Command(filepath.Join(binaries, "squired"), "serve", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(d.dir, "data"),
		"--master-key-file", filepath.Join(d.dir, "conf", "key"), "--bootstrap-token-file", d.token())
	d.cmd.Env = []string{"HOME=" + d.dir}
	var err error
	if d.log, err = d.cmd.StderrPipe(); err != nil {
		d.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { d.kill() })
}

// ready waits until it answers, and returns a client with the first token.
func (d *daemon) ready() *client.Client {
	d.Helper()
	in := bufio.NewScanner(d.log)
	for in.Scan() {
		if m := answers.FindStringSubmatch(in.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, d.log) }()
			c, err := client.New(client.Config{Server: m[1], TokenFile: d.token()})
			if err != nil {
				d.Fatal(err)
			}
			return c
		}
		d.Logf("squired: %s", in.Text())
	}
	d.Fatal("squired does not answer")
	return nil
}

func (d *daemon) kill() {
	if d.cmd != nil {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait()
		d.cmd = nil
	}
}

// A first start that is killed at any moment leaves what the next one goes on
// from: it answers, and the token in the file is the one that it takes.
func TestKillTheFirstStart(t *testing.T) {
	for i := range 24 {
		d := &daemon{TB: t, dir: t.TempDir()}
		d.begin()
		time.Sleep(time.Duration(i) * time.Millisecond) // no wait: whichever moment this is, all must hold
		d.kill()
		d.begin()
		c := d.ready()
		if _, err := c.ListTokens(t.Context()); err != nil {
			t.Fatalf("killed after %d ms: %v", i, err)
		}
		d.kill()
	}
}

// Whatever was acknowledged over HTTP is there after kill -9, round after
// round, with writers and readers at work; and the audit trail holds.
func TestKillWhileServing(t *testing.T) {
	d := &daemon{TB: t, dir: t.TempDir()}
	versions := map[string]int{} // acknowledged
	var mu sync.Mutex
	for round := range 6 {
		d.begin()
		c := d.ready()
		ctx, stop := context.WithCancel(t.Context())
		acks := make(chan struct{}, 1<<12)
		var group sync.WaitGroup
		for w := range 8 {
			group.Go(func() {
				name := fmt.Sprint("s", w)
				for n := 0; ; n++ {
					v := resolve.NewValue(fmt.Sprint(round, n))
					s, err := c.CreateSecret(ctx, api.CreateSecretRequest{Name: name, EnvDict: api.EnvDict{"K": v}, IfExists: resolve.OverwriteIfExists})
					if ended(t, ctx, err) {
						return
					}
					mu.Lock()
					versions[name] = s.Version
					mu.Unlock()
					_, err = c.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: name, RequiredKeys: []string{"K"}}}})
					if ended(t, ctx, err) {
						return
					}
					acks <- struct{}{}
				}
			})
		}
		for range 5 + rand.IntN(60) {
			<-acks
		}
		d.kill()
		stop() // a server that was killed does not come back
		group.Wait()
		d.check(versions)
	}
}

// ended says whether a call has failed, which is fine once the server was
// killed.
func ended(t *testing.T, ctx context.Context, err error) bool {
	if err != nil && ctx.Err() == nil && !errors.Is(err, resolve.ErrUnavailable) {
		t.Errorf("an answer that is none of a killed server: %v", err)
	}
	return err != nil
}

func (d *daemon) check(versions map[string]int) {
	d.Helper()
	d.begin()
	c := d.ready()
	ctx := context.Background()
	for name, v := range versions {
		s, err := c.SecretInfo(ctx, api.SecretRequest{Name: name})
		if err != nil || s.Version < v {
			d.Fatalf("%s was at version %d, and is at %d: %v", name, v, s.Version, err)
		}
	}
	if _, err := c.VerifyAudit(ctx); err != nil {
		d.Fatal(err)
	}
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		d.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		d.Fatal(err)
	}
	d.cmd = nil
}
