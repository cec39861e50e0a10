package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"io/fs"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
)

// TestCanaryServed is TestCanary with a server: its token, the cache's key and
// the values that go over the wire show up nowhere, not in what the server
// logs, stores and counts either, nor in the cache.
func TestCanaryServed(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	svc, err := service.Open(t.Context(), service.Config{DataDir: path("data"), MasterKeyFile: path("key"), Held: true, Caller: "squired"})
	if err != nil {
		t.Fatal(err)
	}
	defer svc.Close()
	token := service.NewToken()
	if _, err := svc.Bootstrap(t.Context(), func() (string, error) { return token, nil }); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer // written before each answer, and read after the server is closed
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.Lock(zapcore.AddSync(&log)), zap.DebugLevel)
	server := httptest.NewServer(serve.New(serve.Config{Service: svc, Log: zap.New(core)}).Handler())
	defer server.Close()

	const rawKey = "c4nary-k3y-0123456789-abcdefghij"
	key := base64.StdEncoding.EncodeToString([]byte(rawKey))
	looks := func(out []byte) string {
		for door, v := range map[string]string{"token": token, "cache key": key, "raw cache key": rawKey, "token's text": strings.TrimPrefix(token, "squire_")} {
			for _, f := range [][]byte{[]byte(v), []byte(v[:12]), []byte(hex.EncodeToString([]byte(v))), []byte(base64.StdEncoding.EncodeToString([]byte(v)))[:16]} {
				if bytes.Contains(out, f) {
					return door
				}
			}
		}
		return leak(out)
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	closed.Close()
	environ := append(os.Environ(), "SQUIRE_SERVER="+server.URL, "SQUIRE_TOKEN="+token, "SQUIRE_CACHE="+path("cache"), "SQUIRE_CACHE_KEY="+key)
	squire := func(args ...string) *exec.Cmd {
		cmd := exec.Command(squireBinary, append([]string{"--log-level=debug"}, args...)...)
		cmd.Dir, cmd.Env, cmd.Stdin = t.TempDir(), environ, strings.NewReader(canaries["stdin"])
		return cmd
	}
	for _, args := range [][]string{{"secret", "create", "db", "K=" + canaries["stored"], "IN=-"}, {"run", "-s", "db", "--", "true"}} {
		if out, err := squire(args...).CombinedOutput(); err != nil || looks(out) != "" {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if out, err := squire("secret", "get", "db", "K").Output(); err != nil || string(out) != canaries["stored"] {
		t.Fatalf("the canary does not come back: %v", err)
	}
	if out, err := squire("run", "-s", "db", "--", "env").Output(); err != nil || bytes.Contains(out, []byte(token)) || bytes.Contains(out, []byte(key)) {
		t.Errorf("the child has the wrapper's own credentials, or did not start: %v", err)
	}
	for _, call := range [][]string{
		{"secret", "get", "db"}, {"secret", "list", "--json"}, {"secret", "versions", "db"}, {"secret", "create", "db", "K=" + canaries["flag"]},
		{"secret", "create", "x y", "K=" + canaries["flag"]}, {"secret", "create", "n", "9=" + canaries["flag"]}, {"secret", "update", "db", "K=" + canaries["flag"]},
		{"secret", "update", "gone", "K=" + canaries["flag"]}, {"secret", "rollback", "db", "1"}, {"secret", "copy", "db", "copied"}, {"secret", "rename", "copied", "renamed", "--json"}, {"environment", "copy", "main", "second"}, {"secret", canaries["flag"]}, {"environment", "create", "A=" + canaries["flag"]},
		{"run", "-s", "db:NOPE", "-s", "gone", "--", "true"}, {"run", "-s", "db", "--timeout", "1ns", "--", "true"}, {"run", "-s", "db", "--offline", "--", "true"},
		{"run", "-s", "db", "--server", nobody, "--timeout", "500ms", "--", "true"}, {"run", "-s", "db", "--server", "https://u:" + canaries["flag"] + "@127.0.0.1:1", "--", "true"},
		{"run", "-s", "db", "--server", strings.Replace(server.URL, "http:", "https:", 1), "--timeout", "2s", "--", "true"}, {"run", "-s", "db", "--cache-max-age", canaries["flag"], "--", "true"},
		{"run", "-s", "db", "--ca-cert", path("key"), "--", "true"}, {"secret", "list", "--token-file", path("key")}, {"secret", "list", "--token-file", path("nowhere")},
		{"token", "list"}, {"token", "list", "--json"}, {"token", "revoke", token}, {"token", "revoke", canaries["flag"]}, {"token", "create", "A=" + canaries["flag"]},
		{"token", "create", "n", "--names", "A=" + canaries["flag"]}, {"token", "create", "n", "--expires", canaries["flag"]}, {"token", "create", "n", "--role", canaries["flag"]},
		{"audit", "list"}, {"audit", "list", "--json"}, {"audit", "verify", "--json"}, {"audit", "list", "--since", canaries["flag"]}, {"audit", "list", "--secret", "A=" + canaries["flag"]},
	} {
		for _, format := range []string{"text", "json"} {
			out, _ := squire(append([]string{"--log-format=" + format}, call...)...).CombinedOutput()
			if door := looks(out); door != "" {
				t.Errorf("squire %.80q leaks %s:\n%s", call, door, out)
			}
			if bytes.Contains(out, []byte("internal error")) {
				t.Errorf("squire %.80q: %s", call, out)
			}
		}
	}
	for _, name := range []string{"SQUIRE_SERVER", "SQUIRE_TOKEN", "SQUIRE_CACHE_KEY", "SQUIRE_CACHE_KEY_FILE", "SQUIRE_CACHE_MAX_AGE", "SQUIRE_OFFLINE", "SQUIRE_ROLE"} {
		cmd := squire("run", "-s", "db", "--", "true")
		cmd.Env = append([]string{name + "=A=" + canaries["flag"]}, cmd.Env...)                  // the first counts
		if out, _ := cmd.CombinedOutput(); looks(out) != "" && name != "SQUIRE_CACHE_KEY_FILE" { // a path is shown
			t.Errorf("%s leaks %s:\n%s", name, looks(out), out)
		}
	}
	answer, err := server.Client().Get(server.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(answer.Body)
	if answer.Body.Close(); err != nil || len(metrics) == 0 || looks(metrics) != "" {
		t.Errorf("%d bytes of metrics hold %s: %v", len(metrics), looks(metrics), err)
	}
	server.Close()
	if log.Len() == 0 || looks(log.Bytes()) != "" {
		t.Errorf("the server's log of %d bytes holds %s", log.Len(), looks(log.Bytes()))
	}
	files := 0
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(p)
		if files++; looks(append(data, p...)) != "" {
			t.Errorf("%s holds %s", p, looks(data))
		}
		return err
	})
	if cached, _ := filepath.Glob(path("cache/*")); err != nil || files < 3 || len(cached) < 2 {
		t.Errorf("looked into %d files, %d of the cache: %v", files, len(cached), err)
	}
}
