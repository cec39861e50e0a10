package inject

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
)

// TestCanary makes every fault with values that can be distinguished, and finds
// none of them in any text, in no usual form.
func TestCanary(t *testing.T) {
	const canary = `c4n4ry "<&>" \ é/+`
	forms := map[string]string{
		"raw": canary, "head": "c4n4ry", "base64": base64.StdEncoding.EncodeToString([]byte(canary)),
		"base64 url": base64.RawURLEncoding.EncodeToString([]byte(canary)), "hex": hex.EncodeToString([]byte(canary)),
		"url": url.QueryEscape(canary), "path": url.PathEscape(canary),
	}
	j, err := json.Marshal(canary)
	if err != nil {
		t.Fatal(err)
	}
	forms["json"], forms["quoted"] = string(j), fmt.Sprintf("%q", canary)

	long := strings.Repeat(canary, 20000)
	inherited := []string{"X=" + canary, canary, "=" + canary, "PATH=" + canary}
	faulty := []resolve.Layer{
		remote("a", v("LD_PRELOAD", canary), v("C", canary), v("NUL", canary+"\x00"), v(canary+"=", canary), v(canary+"\x00", canary), v("", canary)),
		layer("b", v("C", canary), v("C", canary+"2"), v("SQUIRE_TOKEN", canary)),
	}
	var errs []error
	for _, o := range []Options{{}, {OnConflict: Fail}, {OnConflict: Fail, PreserveAll: true}, {OnConflict: Keep, Require: []string{"GONE"}}} {
		e, err := Merge(inherited, faulty, o)
		if e != nil {
			t.Error("an environment in spite of faults")
		}
		errs = append(errs, err)
	}
	e := merge(t, inherited, []resolve.Layer{layer("b", v("BIG", long), v("C", canary))}, Options{})
	_, err = LookPath("missing", e)
	errs = append(errs, err,
		check("/bin/true", []string{"true", canary, long, canary + "\x00"}, e.Environ(), limits{str: 100, pointer: 8}),
		check("/bin/true", []string{"true", canary, long}, append(e.Environ(), long), limits{total: 100, pointer: 8, advice: "ulimit -s %d"}),
		check("/bin/true", []string{canary}, []string{long[:1000]}, limits{str: 100, total: 100, pointer: 8}))
	for i, err := range errs {
		if err == nil {
			t.Errorf("%d: no fault", i)
			continue
		}
		text := err.Error()
		walk(err, func(err error) { text += "\n" + resolve.Hint(err) + fmt.Sprintf("%v %+v %#v %s", err, err, err, err) })
		for form, canary := range forms {
			if strings.Contains(text, canary) {
				t.Errorf("%d: a value as %s in: %s", i, form, err)
			}
		}
	}
}

// walk visits the whole tree of an error.
func walk(err error, visit func(error)) {
	visit(err)
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		walk(x.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, err := range x.Unwrap() {
			walk(err, visit)
		}
	}
}
