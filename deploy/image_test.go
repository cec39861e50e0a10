package deploy

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// binary is the program in the image.
func binary(t *testing.T, cli *engine, image string) (path string, sum [32]byte) {
	t.Helper()
	id := strings.TrimSpace(string(cli.must(t, "create", image)))
	cli.later(t, "rm", id)
	path = filepath.Join(t.TempDir(), "squire")
	cli.must(t, "cp", id+":/squire", path)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, sha256.Sum256(data)
}

type probe struct {
	PID         int
	UID         int
	Args        []string
	Environ     []string
	Exe         string
	ReadOnly    bool `json:"read_only"`
	Descriptors int
}

// TestImage builds the real image twice, and runs a program behind it as a
// hardened Pod would: PID 1, no root, a read-only root, no capability.
func TestImage(t *testing.T) {
	cli := docker(t, 15*time.Minute)
	image := build(t, cli, "squire-test:a")
	squire, first := binary(t, cli, image)
	if _, second := binary(t, cli, build(t, cli, "squire-test:b", "--no-cache")); first != second {
		t.Error("two builds of one source differ")
	}

	// A program of the user's, in an image of the user's.
	folder := t.TempDir()
	goBuild := exec.CommandContext(cli.ctx, "go", "build", "-o", filepath.Join(folder, "probe"), "./testdata/probe")
	goBuild.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath")
	if out, err := goBuild.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("app.env", "FROM_FILE=\"file and ${FROM_DOCKER}\"\n")
	write("Dockerfile", "FROM "+image+"\nCOPY probe /probe\nCOPY app.env /app.env\n")
	cli.must(t, "build", "-q", "-t", "squire-test:probe", folder)
	cli.later(t, "rmi", "-f", "squire-test:probe")

	hardened := []string{"run", "--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"}
	run := func(options []string, command ...string) (probe, string, int) {
		t.Helper()
		cmd := cli.command(slices.Concat(hardened, options, []string{"squire-test:probe"}, command)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		var p probe
		if len(out) > 0 {
			if err := json.Unmarshal(out, &p); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		return p, stderr.String(), cmd.ProcessState.ExitCode()
	}

	bare, _, _ := run([]string{"--entrypoint", "/probe"})
	p, stderr, code := run([]string{"-e", "FROM_DOCKER=docker", "-e", "SQUIRE_ENV_FILES=/app.env", "-e", "SQUIRE_TOKEN=t0ken"}, "/probe", "7", "a b")
	if code != 7 || stderr != "" {
		t.Errorf("exit code %d, standard error %q", code, stderr)
	}
	if p.PID != 1 || p.UID != 65532 || p.Exe != "/probe" || !p.ReadOnly || p.Descriptors != bare.Descriptors {
		t.Errorf("not the process that was asked for: %+v", p)
	}
	if !slices.Equal(p.Args, []string{"/probe", "7", "a b"}) || !slices.Contains(p.Environ, "FROM_FILE=file and docker") {
		t.Errorf("arguments %q, environment %q", p.Args, p.Environ)
	}
	if strings.Contains(strings.Join(p.Environ, " "), "t0ken") {
		t.Error("squire's own credential reached the child")
	}

	if _, stderr, code := run([]string{"-e", "SQUIRE_SECRETS=db"}, "/probe"); code != 125 || !strings.Contains(stderr, "squire: error: ") {
		t.Errorf("a missing secret: exit code %d, %q", code, stderr)
	}
	if _, stderr, code := run(nil, "/nothere"); code != 127 {
		t.Errorf("a missing command: exit code %d, %q", code, stderr)
	}
	if _, stderr, code := run(nil); code != 125 || !strings.Contains(stderr, "hint") {
		t.Errorf("no command: exit code %d, %q", code, stderr)
	}

	if os.Getuid() != 0 {
		t.Log("not root: the store in a volume is left out, since its owner must be the container's user")
		return
	}
	store := filepath.Join(folder, "store")
	create := exec.Command(squire, "secret", "create", "db", "PASSWORD=s3cret")
	create.Env = []string{"SQUIRE_DATA_DIR=" + filepath.Join(store, "data"), "SQUIRE_MASTER_KEY_FILE=" + filepath.Join(store, "master.key")}
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command("chown", "-R", "65532:65532", store).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	mount := func(mode string) []string {
		return []string{"-v", store + ":/store:" + mode, "-e", "SQUIRE_DATA_DIR=/store/data", "-e", "SQUIRE_MASTER_KEY_FILE=/store/master.key", "-e", "SQUIRE_SECRETS=db:PASSWORD"}
	}
	p, stderr, code = run(mount("rw"), "/probe")
	if code != 0 || stderr != "" || !slices.Contains(p.Environ, "PASSWORD=s3cret") || p.Descriptors != bare.Descriptors {
		t.Errorf("a store in a volume: exit code %d, %q, %+v", code, stderr, p)
	}
	p, stderr, code = run(mount("ro"), "/probe")
	if code != 0 || !strings.Contains(stderr, "squire: warning: ") || !slices.Contains(p.Environ, "PASSWORD=s3cret") {
		t.Errorf("a store on a read-only medium: exit code %d, %q, %+v", code, stderr, p)
	}
}
