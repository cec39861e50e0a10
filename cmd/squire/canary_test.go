package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// canaries are values that must show up nowhere that was not asked for. Each
// way in has its own, so that a leak names its door.
var canaries = map[string]string{
	"stored":  "c4nary-st0red+/é\"<&",
	"dotenv":  "c4nary-d0tenv+/é\"<&",
	"literal": "c4nary-l1teral+/é\"<&",
	"local":   "c4nary-l0cal+/é\"<&",
	"stdin":   "c4nary-std1n+/é\"<&",
	"config":  "c4nary-c0nfig+/é\"<&",
	"token":   "c4nary-t0ken+/é\"<&",
	"flag":    "c4nary-fl4g+/é\"<&",
}

// forms are what a value can look like in an output.
func forms(v string) [][]byte {
	j, _ := json.Marshal(v)
	j = bytes.Trim(j, `"`)
	std := base64.StdEncoding.EncodeToString([]byte(v))
	return [][]byte{
		[]byte(v), j, []byte(fmt.Sprintf("%q", v)[1:12]), []byte(v[:10]), // a part is a leak too
		[]byte(std), []byte(base64.RawURLEncoding.EncodeToString([]byte(v))),
		[]byte(hex.EncodeToString([]byte(v))), []byte(url.QueryEscape(v)), []byte(url.PathEscape(v)),
	}
}

func leak(out []byte) string {
	for door, v := range canaries {
		for _, f := range forms(v) {
			if bytes.Contains(out, f) {
				return fmt.Sprintf("%s, as %q", door, f)
			}
		}
	}
	return ""
}

// TestCanary sends unique values through every command, at every log level,
// in success and failure, and looks for them in all that comes out and stays.
func TestCanary(t *testing.T) {
	dir := t.TempDir()
	write := func(name, body string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	q := func(v string) string { return "'" + v + "'" }
	good := write("good.env", "D="+q(canaries["dotenv"])+"\n")
	bad := write("bad.env", "D="+q(canaries["dotenv"])+"\n"+canaries["dotenv"]+" = '"+canaries["dotenv"]+"\n")
	equals := write("equals.env", "'"+canaries["dotenv"]+"=x'=1\n")
	long := write("long.env", "D="+canaries["dotenv"]+strings.Repeat("x", 140_000)+"\n")
	latin := write("latin.env", "D="+canaries["dotenv"]+"\xff\n")
	nul := write("nul.env", "D="+canaries["dotenv"]+"\x00\n")
	config := write("good.yaml", "secrets:\n- dict: {C: "+q(canaries["config"])+"}\n")
	badConfig := write("bad.yaml", "timeout: "+q(canaries["config"])+"\n"+q(canaries["config"])+": 1\nsecrets:\n- dict: {C: ["+q(canaries["config"])+"]}\n- "+q(canaries["config"])+"\n")
	brokenConfig := write("broken.yaml", "secrets:\n- dict: {C: *"+canaries["config"]+"}\n")
	url := write("url.env", "'postgres://u:"+canaries["dotenv"]+"@h/db?sslmode'="+strings.Repeat("x", 130_000)+"\n")
	badPairs := write("pairs.yaml", "secrets:\n- dict: {"+q("u:"+canaries["config"])+": [1]}\n- dict: {"+q("u:"+canaries["config"])+": 1, "+q("u:"+canaries["config"])+": 2}\n")
	jsonFile := write("bad.json", `{"K": ["`+"c4nary-d0tenv"+`"]}`)
	keyJSON := write("key.json", `{"A=c4nary-d0tenv": 1}`)
	ownJSON := write("own.json", `{"name": "n", "env_dict": {"K": "`+"c4nary-d0tenv"+`", "K": 1, "A=c4nary-d0tenv": 1, "L": ["c4nary-d0tenv"]}}`)
	brokenJSON := write("broken.json", `{"K": "`+"c4nary-d0tenv"+`\x"}`)

	environ := append(os.Environ(), "SQUIRE_DATA_DIR="+filepath.Join(dir, "data"), "SQUIRE_MASTER_KEY_FILE="+filepath.Join(dir, "key"),
		"LOCAL="+canaries["local"], "SQUIRE_TOKEN="+canaries["token"], "SQUIRE_CACHE_KEY="+canaries["token"])
	squire := func(args ...string) *exec.Cmd {
		cmd := exec.Command(squireBinary, args...)
		cmd.Dir = t.TempDir()
		cmd.Env = environ
		cmd.Stdin = strings.NewReader(canaries["stdin"])
		return cmd
	}
	if out, err := squire("secret", "create", "db", "K="+canaries["stored"], "IN=-").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := squire("secret", "get", "db", "K").Output(); err != nil || string(out) != canaries["stored"] {
		t.Fatalf("the canary does not come back: %v", err)
	}

	flag := canaries["flag"]
	calls := [][]string{
		{"secret", "get", "db"}, {"secret", "get", "db", "--json"}, {"secret", "info", "db"}, {"secret", "info", "db", "--json"},
		{"secret", "list"}, {"secret", "list", "--json"}, {"secret", "versions", "db"}, {"secret", "versions", "db", "--json"},
		{"secret", "create", "db", "K=" + flag}, {"secret", "create", "x y", "K=" + flag}, {"secret", "create", "n", "9=" + flag},
		{"secret", "create", "n", flag}, {"secret", "create", "n", "K=" + flag + strings.Repeat("x", 40_000)}, {"secret", "create", "n", "K=@" + nul},
		{"secret", "create", "n", "K=@" + latin}, {"secret", "create", "n", "--from-dotenv", bad}, {"secret", "create", "n", "--from-dotenv", equals},
		{"secret", "create", "n", "--from-json", jsonFile}, {"secret", "create", "n", "--from-json", brokenJSON}, {"secret", "create", "n", "--from-json", good},
		{"secret", "update", "db", "K=" + canaries["stored"] + "2", "--json"}, {"secret", "update", "nothere", "K=" + flag}, {"secret", "update", "db", "IN=-"},
		{"secret", "rollback", "db", "1", "--json"}, {"secret", "rollback", "db", flag}, {"secret", "list", "--max", flag}, {"secret", "list", "--created-before", flag},
		{"secret", "copy", "db", "copied"}, {"secret", "copy", "db", "copied"}, {"secret", "copy", "db", "copied", "--force", "--json"}, {"secret", "copy", "db", "A=" + flag},
		{"secret", "rename", "copied", "renamed"}, {"secret", "rename", "renamed", "db"}, {"environment", "copy", "main", "second"}, {"environment", "copy", "main", "second", "--force", "--json"},
		{"secret", "create", "n", "--from-json", "-"}, {"secret", "create", "n", "--from-dotenv", "-"}, {"secret", "create", "n", "--from-json", ownJSON},
		{"secret", "delete", "db"}, {"secret", flag}, {flag}, {"--" + flag}, {"-" + flag}, {"environment", "create", "A=" + flag}, {"environment", "list"},
		{"secret", "create", "n", "K=@" + flag}, {"secret", "create", "n", "--from-json", keyJSON}, {"run", "PW=" + flag, "true"}, {"run", "PW=/x/" + flag, "true"},
		{"run", "-f", "PW=" + flag, "--", "true"}, {"run", "--env", "PW:" + flag, "--", "true"}, {"-s", flag, "--", "true"}, {"PW=" + flag, "true"},
		{"run", "-s", "db", "--", "true"}, {"run", "-s", "db:NOPE", "-s", "gone", "--", "true"}, {"run", "-s", "db:A=" + flag, "--", "true"}, {"run", "-s", "A=" + flag, "--", "true"},
		{"run", "-e", "A=" + flag, "-e", "LOCAL", "-f", good, "--config", config, "--", "true"}, {"run", "-e", "A=" + flag, "-e", "A=" + flag, "--on-conflict", "error", "--", "true"},
		{"run", "-f", bad, "--", "true"}, {"run", "-f", bad, "--dotenv-lenient", "--", "true"}, {"run", "-f", equals, "--", "true"}, {"run", "-f", long, "--", "true"},
		{"run", "-f", latin, "--", "true"}, {"run", "-f", nul, "--", "true"}, {"run", "-f", bad, "--env-file-format", "docker", "--", "true"},
		{"run", "--config", badConfig, "--", "true"}, {"run", "--config", brokenConfig, "--", "true"}, {"run", "--timeout", flag, "--", "true"}, {"run", "--clean=" + flag, "--", "true"},
		{"run", "--require", "A=" + flag, "--", "true"}, {"run", "--preserve-env=" + "A=" + flag, "--", "true"}, {"run", "--allow-name", "A=" + flag, "--", "true"},
		{"run", "--on-conflict", flag, "--", "true"}, {"run", "-E", "A=" + flag, "-s", "db", "--", "true"}, {"run", "-s", "db", "-e", "LOCAL", "--", "no-such-command"},
		{"run", "-s", "db", "-e", "BIG=" + strings.Repeat(flag, 6000), "--", "true"}, {"run", "-s", "db", "-s", "db", "--on-conflict=error", "--", "true"},
		{"run", "-s", "db", "--timeout", "1ns", "--", "true"},
		{"run", "-s", "db:" + flag + "!", "--", "true"}, {"run", "-s", "db#" + flag + "!", "--", "true"}, {"secret", "create", flag + "!", "K=x"}, {"run", "-s", flag + "://db", "--", "true"},
		{"run", "-f", "a.b=" + flag, "--", "true"}, {"run", "--dotenv=x=" + flag, "--", "true"}, {"run", "--config", "a=" + flag, "--", "true"}, {"a.b=" + flag, "true"}, {"run", "--", "./a=" + flag},
		{"run", "-f", url, "-f", url, "--on-conflict", "error", "--", "true"}, {"run", "--require", flag + "!", "--", "true"}, {"run", "-f", url, "-e", "BIG=" + strings.Repeat("x", 140_000), "--", "true"},
		{"run", "--config", badPairs, "--", "true"},
	}
	for _, call := range calls {
		for _, extra := range [][]string{{"--log-level=debug"}, {"--log-level=debug", "--log-format=json"}} {
			out, _ := squire(append(append([]string{}, extra...), call...)...).CombinedOutput()
			if door := leak(out); door != "" {
				t.Errorf("squire %.80q leaks %s:\n%s", call, door, out)
			}
			if bytes.Contains(out, []byte("internal error")) || bytes.Contains(out, []byte("goroutine ")) {
				t.Errorf("squire %.80q panics:\n%s", call, out)
			}
		}
	}
	for _, name := range []string{"SQUIRE_TIMEOUT", "SQUIRE_SECRETS", "SQUIRE_ENV", "SQUIRE_CLEAN", "SQUIRE_ON_CONFLICT", "SQUIRE_ENVIRONMENT", "SQUIRE_MASTER_KEY", "SQUIRE_LOG_LEVEL", "SQUIRE_MAX", "SQUIRE_CONFIG", "SQUIRE_DOTENV", "SQUIRE_ENV_FILES"} {
		cmd := squire("run", "-s", "db", "--", "true")
		cmd.Env = append(cmd.Env, name+"=A="+flag)
		if out, _ := cmd.CombinedOutput(); leak(out) != "" {
			t.Errorf("%s leaks %s:\n%s", name, leak(out), out)
		}
	}
	scan(t, dir, good, bad, equals, long, latin, nul, config, badConfig, brokenConfig, url, badPairs)
}

// scan looks into every file below dir but those that the test itself wrote.
func scan(t *testing.T, dir string, own ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		for _, o := range own {
			if path == o {
				return nil
			}
		}
		data, err := os.ReadFile(path)
		files++
		if door := leak(data); door != "" && !strings.HasSuffix(path, ".json") {
			t.Errorf("%s holds %s", path, door)
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("looked into %d files: %v", files, err)
	}
}
