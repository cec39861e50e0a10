package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"filippo.io/age"

	"github.com/squire-env/squire/resolve/api"
)

// TestTheCallerIsNotTakenFromTheEnvironment: in a container whose user has no
// passwd entry, $USER must not choose the name in the audit trail.
func TestTheCallerIsNotTakenFromTheEnvironment(t *testing.T) {
	const uid = 54321 // of nobody
	dir := filepath.Join(t.TempDir(), "home")
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.Mkdir(dir, 0o700))
	id, err := age.GenerateX25519Identity()
	check(err)
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: uid, Gid: uid}
		check(os.Chown(dir, uid, uid))
		for _, d := range []string{binaries, filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))} { // another user is to get there
			check(os.Chmod(d, 0o755))
		}
	} else {
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getuid(), Size: 1}}
	}
	run := func(name string, args ...string) []byte {
		t.Helper()
		cmd := exec.Command(filepath.Join(binaries, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, attr
		cmd.Env = []string{"HOME=" + dir, "USER=mallory", "LOGNAME=mallory", "USERNAME=mallory"}
		out, err := cmd.Output()
		if errors.Is(err, syscall.EPERM) && attr.Credential == nil {
			t.Skip("neither root nor allowed to make a user namespace")
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%s %v: %v\n%s", name, args, err, exit.Stderr)
		}
		check(err)
		return out
	}
	run("squire", "secret", "create", "db", "K=v")
	run("squired", "backup", "--recipient", id.Recipient().String(), "--out", "b.age")
	var entries []api.AuditEntry
	check(json.Unmarshal(run("squire", "audit", "list", "--json"), &entries))
	actions := map[string]bool{}
	for _, e := range entries {
		actions[e.Action] = true
		if e.Caller != "uid:54321" {
			t.Errorf("%s by %q, want uid:54321", e.Action, e.Caller)
		}
	}
	if !actions["create"] || !actions["backup"] {
		t.Errorf("the audit trail has %v; want create and backup", actions)
	}
}
