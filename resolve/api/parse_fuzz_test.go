package api

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/squire-env/squire/resolve"
)

// FuzzResolveBody: if the fast parser says ok, encoding/json returns the same.
func FuzzResolveBody(f *testing.F) {
	plain := 0
	for _, s := range []string{
		`{"secrets":[{"environment":"main","name":"db","required_keys":["A","B"],"version":3}],"etag":"x"}`,
		`{"secrets":[{"environment":"main","name":"db","required_keys":["A"],"version":3,"optional":true},{"optional":false}]}`,
		`{"secrets":[{"optional":tru}]}`, `{"secrets":[{"optional":truefalse}]}`, `{"secrets":[{"optional":"true"}]}`, `{"secrets":[{"optional":null}]}`, `{"secrets":[{"optional":true,"optional":true}]}`,
		`{"secrets":[]}`, `{}`, ` { "secrets" : [ { } , { "name" : "a" } ] } `, `{"etag":""}`, `{"secrets":[{"required_keys":[]}]}`, `{"secrets":[{"version":999999999}]}`,
		`{"secrets":[{"version":01}]}`, `{"secrets":[{"version":-1}]}`, `{"secrets":[{"version":1.0}]}`, `{"secrets":[{"version":9999999999}]}`, `{"secrets":null}`,
		`{"secrets":[],"secrets":[{"name":"a"}]}`, `{"Secrets":[]}`, `{"secrets":[{"name":"\u0061"}]}`, `{"secrets":[{"name":"ä"}]}`, `{"x":1}`, `{"secrets":[,]}`, `{"secrets":[{"name":"a",}]}`,
		`{"etag":"a"}{}`, `{"etag":"a"} x`, `[]`, `"x"`, ``, "{\"etag\":\"\x00\"}", "{\"etag\":\"\x7f\"}", "{\"etag\":\"\t\"}", `{"secrets":[{"name":1}]}`, `{"etag"}`, "{}\x00", `{"etag":"a`,
	} {
		f.Add([]byte(s))
		if _, ok := ParseResolveRequest([]byte(s)); ok {
			plain++
		}
	}
	if plain < 8 {
		f.Fatalf("only %d of the seeds are plain", plain)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		quick, ok := ParseResolveRequest(b)
		if !ok {
			return
		}
		var slow ResolveRequest
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&slow); err != nil {
			t.Fatalf("%q is not valid: %v", b, err)
		}
		if _, err := d.Token(); err != io.EOF {
			t.Fatalf("%q continues: %v", b, err)
		}
		if !reflect.DeepEqual(quick, slow) {
			t.Fatalf("%q\nquick %#v\nslow  %#v", b, quick, slow)
		}
	})
}

// FuzzCreateBody is FuzzResolveBody for a creation.
func FuzzCreateBody(f *testing.F) {
	plain := 0
	for _, s := range []string{
		`{"environment":"main","name":"db","env_dict":{"A":"1","B":"-----\nPEM\u00e9"},"if_exists":"keep"}`, `{"name":"a","env_dict":{}}`, `{"env_dict":{"A":"ä"}}`,
		`{"env_dict":{"A":"1","A":"2"}}`, `{"env_dict":{"9":"1"}}`, `{"env_dict":{"A":null}}`, `{"env_dict":{"A":"\ud800"}}`, `{"env_dict":{"A":"x\"}}`, `{"env_dict":{}}{}`, `{"env_dict":[]}`, `{"Name":"a"}`,
		"{\"env_dict\":{\"A\":\"\xff\"}}", `{"name":"a","name":"b"}`, `{"x":1}`,
	} {
		f.Add([]byte(s))
		if _, ok := ParseCreateRequest([]byte(s)); ok {
			plain++
		}
	}
	if plain < 3 {
		f.Fatalf("only %d of the seeds are plain", plain)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		quick, ok := ParseCreateRequest(b)
		if !ok {
			return
		}
		var slow CreateSecretRequest
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&slow); err != nil {
			t.Fatalf("%q is not valid: %v", b, err)
		}
		if _, err := d.Token(); err != io.EOF {
			t.Fatalf("%q continues: %v", b, err)
		}
		if quick.Environment != slow.Environment || quick.Name != slow.Name || quick.IfExists != slow.IfExists || len(quick.EnvDict) != len(slow.EnvDict) {
			t.Fatalf("%q: %v and %v", b, quick, slow)
		}
		for k, v := range quick.EnvDict {
			if w, there := slow.EnvDict[k]; !there || !v.Equal(w) {
				t.Fatalf("%q: %s differs", b, k)
			}
		}
	})
}

// TestTheQuickParserTakesOurOwn: the fast parser accepts what our client sends.
func TestTheQuickParserTakesOurOwn(t *testing.T) {
	name := rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`)
	rapid.Check(t, func(t *rapid.T) {
		r := ResolveRequest{Secrets: []SecretRef{}, Etag: rapid.StringMatching(`[A-Za-z0-9_-]{0,22}`).Draw(t, "etag")}
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			ref := SecretRef{Environment: name.Draw(t, "environment"), Name: name.Draw(t, "name"), Version: rapid.IntRange(0, 999_999_999).Draw(t, "version"), Optional: rapid.Bool().Draw(t, "optional")}
			if keys := rapid.SliceOfN(rapid.StringMatching(`[A-Z_]{1,9}`), 0, 3).Draw(t, "keys"); len(keys) > 0 {
				ref.RequiredKeys = keys
			}
			r.Secrets = append(r.Secrets, ref)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := ParseResolveRequest(b); !ok || !reflect.DeepEqual(got, r) {
			t.Fatalf("%s: %v %#v", b, ok, got)
		}
		if got := AppendResolveRequest([]byte("x"), r); string(got) != "x"+string(b) {
			t.Fatalf("%s, want %s", got, b)
		}
	})
}

// TestAppendIsMarshal: the bytes are those of json.Marshal, without HTML escapes.
func TestAppendIsMarshal(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[<>&"\\/a-z\x00-\x1f\x7f\x{80}\x{2028}\x{2029}\x{fffd}\x{1f600}]*`),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(t *rapid.T) {
		r := ResolveResponse{Etag: text.Draw(t, "etag"), Unchanged: rapid.Bool().Draw(t, "unchanged")}
		n := rapid.IntRange(1, 4).Draw(t, "n") // Marshal omits an empty list, Append does not
		for range n {
			one := ResolvedSecret{Environment: text.Draw(t, "environment"), Name: text.Draw(t, "name"), Version: rapid.Int().Draw(t, "version"), EnvDict: EnvDict{}, Absent: rapid.Bool().Draw(t, "absent")}
			if one.Absent {
				one.Version, one.EnvDict = 0, nil
				r.Secrets = append(r.Secrets, one)
				continue
			}
			for k, v := range rapid.MapOfN(text, text, 0, 4).Draw(t, "dict") {
				one.EnvDict[k] = resolve.NewValue(v)
			}
			r.Secrets = append(r.Secrets, one)
		}
		if r.Unchanged {
			r.Secrets = nil
		}
		want, err := marshalPlain(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := AppendResolveResponse([]byte("before"), r)
		if err != nil || string(got) != "before"+string(want) {
			t.Fatalf("%v\ngot  %s\nwant before%s", err, got, want)
		}
	})
	if got, err := AppendResolveResponse(nil, ResolveResponse{Etag: "e"}); err != nil || string(got) != `{"secrets":[],"etag":"e"}` {
		t.Errorf("%v %s: a list is one array, [] when empty", err, got)
	}
}

// FuzzResponses: the fast parsers say what encoding/json says, of anything.
func FuzzResponses(f *testing.F) {
	for _, s := range []string{
		`{"secrets":[{"environment":"main","name":"db","version":3,"env_dict":{"A":"1","B":"a\nb\u00e4"}},{"environment":"main","name":"x","absent":true}],"etag":"e"}`,
		`{"etag":"e","unchanged":true}`, `{"secrets":[],"etag":""}`, `{"secrets":null}`, `{"secrets":[{"env_dict":null}]}`, `{"secrets":[{"env_dict":{"A":null}}]}`,
		`{"secrets":[{"env_dict":{"A":"1","A":"2"}}]}`, `{"secrets":[{"env_dict":{"A":"\ud800"}}]}`, `{"secrets":[{"env_dict":{"1A":"x"}}]}`, `{"secrets":[{"more":1}]}`, `{"more":{}}`,
		`{"secrets":[{"version":1e3}]}`, `{"etag":"\u0065"}`, `{"changed":true,"etag":"e"}`, `{"changed":false,"etag":""}`, `{"changed":1}`, `{} {}`, `[]`, ``, ` { } `,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, want ResolveResponse
		if gotErr, wantErr := UnmarshalResolveResponse(b, &got), json.Unmarshal(b, &want); (gotErr == nil) != (wantErr == nil) || gotErr == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %v, want %v", b, gotErr, wantErr)
		}
		var gotWatch, wantWatch WatchResponse
		if gotErr, wantErr := UnmarshalWatchResponse(b, &gotWatch), json.Unmarshal(b, &wantWatch); (gotErr == nil) != (wantErr == nil) || gotErr == nil && gotWatch != wantWatch {
			t.Fatalf("%q: %+v %v, want %+v %v", b, gotWatch, gotErr, wantWatch, wantErr)
		}
	})
}

// The fast parser takes what our server sends: otherwise it is of no use.
func TestResponsesArePlain(t *testing.T) {
	r := ResolveResponse{Etag: "e-_", Secrets: []ResolvedSecret{
		{Environment: "main", Name: "db", Version: 3, EnvDict: EnvDict{"A": resolve.NewValue("1"), "PEM": resolve.NewValue("-----\n\"ä")}},
		{Environment: "main", Name: "x", Absent: true},
	}}
	b, err := AppendResolveResponse(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	var got ResolveResponse
	allocs := testing.AllocsPerRun(10, func() { err = UnmarshalResolveResponse(b, &got) })
	reflects := testing.AllocsPerRun(10, func() { _ = json.Unmarshal(b, new(ResolveResponse)) })
	if err != nil || !reflect.DeepEqual(got, r) || allocs >= reflects {
		t.Errorf("%v, %v allocations, with reflection %v: %+v", err, allocs, reflects, got)
	}
}
