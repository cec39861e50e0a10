package dotenv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// reference lets python-dotenv parse many files in one process. It drops the BOM itself, which older versions keep. The newest
// source reads "A= #x" as empty, where rule 3 of the specification and older versions keep the comment: the
// probe tells.
const reference = `
import io, json, logging, os, sys
import dotenv
logging.disable(logging.CRITICAL)
job = json.load(sys.stdin)
os.environ.clear()
os.environ.update(job["Env"])
out = []
for text in job["Files"]:
    stream = io.TextIOWrapper(io.BytesIO(text.removeprefix("\ufeff").encode("utf-8")), encoding="utf-8")
    values = dotenv.dotenv_values(stream=stream)
    out.append([[k, "" if v is None else v] for k, v in values.items()])
probe = dotenv.dotenv_values(stream=io.StringIO("A= #x"))["A"]
json.dump({"Probe": probe, "Vars": out}, sys.stdout)
`

// python finds an interpreter that has python-dotenv, or skips.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import dotenv; dotenv.dotenv_values").Run() == nil {
			return name
		}
	}
	missing(t, "python-dotenv is not here: apt-get install python3-dotenv")
	return ""
}

// missing skips a test, or fails it if SQUIRE_TEST_REQUIRE contains python-dotenv.
func missing(t *testing.T, why string) {
	t.Helper()
	required := strings.FieldsFunc(os.Getenv("SQUIRE_TEST_REQUIRE"), func(r rune) bool { return r == ',' || isSpace(r) })
	if slices.Contains(required, "python-dotenv") {
		t.Fatal(why)
	}
	t.Skip(why)
}

// TestAgreesWithPythonDotenv compares names, values and order with dotenv_values, which is always lenient.
func TestAgreesWithPythonDotenv(t *testing.T) {
	interpreter := python(t)
	env := map[string]string{"HOME": "/home/me", "EMPTY": "", "A": "outer", "a b": "odd"} // what environ has
	var files []string
	for _, name := range seeds {
		files = append(files, string(readSeed(t, name)))
	}
	files = append(files, nasty(t, 1, 10_000)...)
	files = append(files, nasty(t, 0, 10_000)...)

	job, err := json.Marshal(map[string]any{"Env": env, "Files": files})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(interpreter, "-c", reference)
	cmd.Stdin = bytes.NewReader(job)
	cmd.Stderr = os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Probe string
		Vars  [][][2]string
	}
	if err := json.Unmarshal(answer, &want); err != nil || len(want.Vars) != len(files) {
		t.Fatalf("%d answers to %d files: %v", len(want.Vars), len(files), err)
	}
	if want.Probe != "#x" {
		missing(t, `this python-dotenv is newer than the specification: it reads "A= #x" as empty`)
	}
	bad := 0
	for i, file := range files {
		vars, err := Parse([]byte(file), Options{Lookup: environ, Skipped: func(Fault) {}})
		if err != nil {
			t.Errorf("%q: %v", file, err)
		}
		var b strings.Builder
		for _, v := range want.Vars[i] {
			fmt.Fprintf(&b, "%s=%q ", v[0], v[1])
		}
		if got, want := show(vars), strings.TrimSuffix(b.String(), " "); got != want {
			t.Errorf("%q\n   got %s\npython %s", file, got, want)
			if bad++; bad == 10 {
				t.Fatal("and perhaps more")
			}
		}
	}
}
