package api

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
)

func TestEnvDictIsTheOnlyDoor(t *testing.T) {
	text := "é <&> \u2028 \" \\ \n"
	in := ResolvedSecret{Environment: "main", Name: "db", Version: 3, EnvDict: EnvDict{"B": resolve.NewValue(text), "A": resolve.NewValue("")}}
	b, err := json.Marshal(in)
	if err != nil || !strings.HasPrefix(string(b), `{"environment":"main","name":"db","version":3,"env_dict":{"A":"","B":"`) {
		t.Fatalf("%s %v", b, err)
	}
	var out ResolvedSecret
	if err := json.Unmarshal(b, &out); err != nil || out.EnvDict["B"].Reveal() != text || len(out.EnvDict) != 2 {
		t.Errorf("%v %v", out, err)
	}
	// No other encoding contains the values.
	if b, _ := json.Marshal(map[string]resolve.Value(in.EnvDict)); strings.Contains(string(b), "é") {
		t.Errorf("%s", b)
	}
	var c EnvChanges
	if err := json.Unmarshal([]byte(`{"A":"1","GONE":null}`), &c); err != nil || c["GONE"] != nil || c["A"].Reveal() != "1" {
		t.Errorf("%v %v", c, err)
	}
	if b, err := json.Marshal(c); err != nil || string(b) != `{"A":"1","GONE":null}` {
		t.Errorf("%s %v", b, err)
	}
}

func TestBadDicts(t *testing.T) {
	const canary = "c4nary"
	for _, in := range []string{
		`[]`, `"` + canary + `"`, `{"A":1}`, `{"A":["` + canary + `"]}`, `{"A":{"B":"` + canary + `"}}`, `{"A":"1","A":"` + canary + `"}`, `{"A=` + canary + `":"1"}`,
		`{"A":"\ud800"}`, `{"A":"` + canary, `{"A":"1"}}`, `{"A":"1"} x`, `{"":"1"}`, `{"A":null}`,
	} {
		var d EnvDict
		err := d.UnmarshalJSON([]byte(in))
		if !errors.Is(err, resolve.ErrInvalid) {
			t.Errorf("%s: %v", in, err)
		} else if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the message contains the input: %v", in, err)
		}
	}
}

func TestTimesSortAsText(t *testing.T) {
	at := NewTime(time.Date(2026, 11, 23, 13, 0, 0, 5, time.FixedZone("", 3600)))
	b, err := json.Marshal(struct {
		T Time  `json:"t"`
		N *Time `json:"n"`
	}{at, nil})
	if err != nil || string(b) != `{"t":"2026-11-23T12:00:00.000000005Z","n":null}` {
		t.Errorf("%s %v", b, err)
	}
	var back Time
	if err := json.Unmarshal([]byte(`"2026-11-23T13:00:00.000000005+01:00"`), &back); err != nil || !back.Equal(at.Time) {
		t.Errorf("%v %v", back, err)
	}
	if err := json.Unmarshal([]byte(`"yesterday"`), &back); !errors.Is(err, resolve.ErrInvalid) {
		t.Errorf("%v", err)
	}
}

func TestTheDocumentHasAllCodes(t *testing.T) {
	b, err := os.ReadFile(filepath.FromSlash("../service/serve/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct {
			Schemas struct{ Code struct{ Enum []string } }
		}
	}
	if err := json.Unmarshal(b, &document); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, row := range table {
		want = append(want, row.code)
	}
	if got := document.Components.Schemas.Code.Enum; !slices.Equal(got, append(want, codeInternal)) {
		t.Errorf("the document has %v, the table %v", got, want)
	}
}
