package plan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
)

// stored is a provider of these secrets; an absent one is a *NotFoundError.
type stored map[string]map[string]string

func (s stored) Resolve(_ context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	all := make([]resolve.Resolved, len(refs))
	var errs []error
	for i, ref := range refs {
		dict, found := s[ref.Path]
		switch {
		case !found && ref.Optional:
			all[i].Absent = true
		case !found:
			errs = append(errs, &resolve.IndexError{Index: i, Err: fmt.Errorf("%s: %w", ref.Path, resolve.ErrNotFound)})
		}
		for _, key := range ref.Keys() {
			if _, ok := dict[key]; found && !ok {
				errs = append(errs, &resolve.IndexError{Index: i, Err: fmt.Errorf("%s: %w: %s", ref.Path, resolve.ErrMissingKeys, key)})
			}
		}
		for name, text := range dict {
			all[i].Vars = append(all[i].Vars, resolve.Var{Name: name, Value: resolve.NewValue(text)})
		}
		slices.SortFunc(all[i].Vars, func(a, b resolve.Var) int { return strings.Compare(a.Name, b.Name) })
	}
	return all, errors.Join(errs...)
}

func client(s stored) *resolve.Client {
	return resolve.NewClient(resolve.ClientConfig{Providers: map[string]resolve.Provider{"": s}})
}

func resolver(s stored, environ ...string) *Resolver {
	lookup := func(name string) (string, bool) {
		for _, raw := range environ {
			if text, ok := strings.CutPrefix(raw, name+"="); ok {
				return text, true
			}
		}
		return "", false
	}
	return &Resolver{Client: client(s), Environ: environ, LookupEnv: lookup}
}

func text(s string) *resolve.Value {
	v := resolve.NewValue(s)
	return &v
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.env")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustResolve(t *testing.T, r *Resolver, p Plan) []string {
	t.Helper()
	result, err := r.Resolve(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return result.Environment.Environ()
}

func TestOrder(t *testing.T) {
	r := resolver(stored{"db": {"A": "db", "B": "db", "C": "db"}}, "A=inherited", "D=inherited")
	p := Plan{Sources: []Source{
		{Kind: Named, Ref: resolve.Ref{Path: "db"}},
		{Kind: Dict, From: "squire.yaml:3", Dict: map[string]*resolve.Value{"B": text("dict"), "C": text("dict"), "X": nil}},
		{Kind: LocalEnviron, Names: []string{"D"}, Selection: resolve.Selection{Rename: map[string]string{"D": "E"}}},
		{Kind: Dotenv, Path: file(t, "C=file\n")},
	}}
	want := []string{"A=db", "D=inherited", "B=dict", "C=file", "E=inherited"}
	if d := cmp.Diff(want, mustResolve(t, r, p)); d != "" {
		t.Error(d)
	}
}

// TestInterpolation is the table of what ${X} is in a file, by what sets X.
func TestInterpolation(t *testing.T) {
	const inherited = "X=inherited"
	named := Source{Kind: Named, Ref: resolve.Ref{Path: "db"}}
	dict := Source{Kind: Dict, Dict: map[string]*resolve.Value{"X": text("dict")}}
	for name, tt := range map[string]struct {
		environ     []string
		before      []Source
		content     string
		interpolate Interpolate
		merge       inject.Options
		want        string
	}{
		"local environment":              {environ: []string{inherited}, want: "inherited"},
		"clean hides nothing":            {environ: []string{inherited}, merge: inject.Options{Clean: true}, want: "inherited"},
		"a named secret":                 {environ: []string{inherited}, before: []Source{named}, want: "stored"},
		"a dict":                         {environ: []string{inherited}, before: []Source{dict}, want: "dict"},
		"the later":                      {before: []Source{named, dict}, want: "dict"},
		"the first":                      {before: []Source{named, dict}, merge: inject.Options{OnConflict: inject.Keep}, want: "stored"},
		"preserved":                      {environ: []string{inherited}, before: []Source{dict}, merge: inject.Options{PreserveAll: true}, want: "inherited"},
		"preserved by name":              {environ: []string{inherited}, before: []Source{dict}, merge: inject.Options{Preserve: []string{"X"}}, want: "inherited"},
		"clean preserves none":           {environ: []string{inherited}, before: []Source{dict}, merge: inject.Options{PreserveAll: true, Clean: true}, want: "dict"},
		"preserved, not the file itself": {environ: []string{inherited}, merge: inject.Options{PreserveAll: true}, content: "X=file\n", want: "inherited"},
		"the first, not the file itself": {before: []Source{dict}, merge: inject.Options{OnConflict: inject.Keep}, content: "X=file\n", want: "dict"},
		"unset is not preserved":         {environ: []string{inherited}, before: []Source{dict}, merge: inject.Options{PreserveAll: true, Unset: []string{"X"}}, want: "dict"},
		"the file itself":                {environ: []string{inherited}, before: []Source{dict}, content: "X=file\n", want: "file"},
		"local":                          {environ: []string{inherited}, before: []Source{dict}, interpolate: Local, want: "inherited"},
		"none":                           {environ: []string{inherited}, before: []Source{dict}, interpolate: None, want: "${X}"},
		"nothing sets it":                {want: ""},
		"its own credential not":         {environ: []string{"SQUIRE_TOKEN=c4n4ry"}, content: "T=${SQUIRE_TOKEN}\n", want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := resolver(stored{"db": {"X": "stored"}}, tt.environ...)
			r.LookupEnv = withoutCredentials(r.LookupEnv)
			p := Plan{
				Sources: append(slices.Clone(tt.before), Source{Kind: Dotenv, Path: file(t, tt.content+"Y=${X}\n")}, Source{Kind: Dict, Dict: map[string]*resolve.Value{"X": text("later")}}),
				Dotenv:  DotenvOptions{Interpolate: tt.interpolate}, Merge: tt.merge,
			}
			for _, raw := range mustResolve(t, r, p) {
				if got, ok := strings.CutPrefix(raw, "Y="); ok && got != tt.want {
					t.Errorf("${X} is %q, want %q", got, tt.want)
				}
				if strings.Contains(raw, "c4n4ry") && strings.HasPrefix(raw, "T=") {
					t.Error("a file sees a credential of squire's")
				}
			}
		})
	}
}

func withoutCredentials(lookup func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if resolve.IsOwnCredential(name) {
			return "", false
		}
		return lookup(name)
	}
}

// TestUnset wants a warning that says where, and not what may be a password.
func TestUnset(t *testing.T) {
	var warned []string
	r := resolver(nil)
	r.Warn = func(text string) { warned = append(warned, text) }
	path := file(t, "A=${HOST}:1\nB=pa${ssw0rd}\nC=${D:-default}\n")
	mustResolve(t, r, Plan{Sources: []Source{{Kind: Dotenv, Path: path}}})
	if len(warned) != 2 || !strings.Contains(warned[0], path+":1") || !strings.Contains(warned[0], "${HOST}") || !strings.Contains(warned[0], " A ") {
		t.Errorf("warned %q", warned)
	}
	if all := strings.Join(warned, "\n"); strings.Contains(all, "ssw0rd") {
		t.Errorf("a piece of a value in %q", all)
	}
	warned = nil
	_, err := r.Resolve(t.Context(), Plan{Sources: []Source{{Kind: Dotenv, Path: path}, {Kind: Named, Ref: resolve.Ref{Path: "db"}}}})
	if err == nil || len(warned) != 0 {
		t.Errorf("%v; warned %q of what an absent secret may have set", err, warned)
	}
}

// TestAllFaults has one of each kind of source, all faulty.
func TestAllFaults(t *testing.T) {
	r := resolver(stored{"db": {}})
	p := Plan{Sources: []Source{
		{Kind: Dotenv, Path: file(t, "A=1\n=2\n")},
		{Kind: Named, Ref: resolve.Ref{Path: "db", RequiredKeys: []string{"PGUSER"}}},
		{Kind: Dict, Dict: map[string]*resolve.Value{"X": text("1")}, Selection: resolve.Selection{Only: []string{"Y"}}},
		{Kind: LocalEnviron, Names: []string{"NOT_SET"}},
		{Kind: Named, Ref: resolve.Ref{Path: "absent"}},
		{Kind: Named, Ref: resolve.Ref{Path: "absent", Optional: true}},
		{Kind: Dotenv, Path: "/absent/.env"},
		{Kind: Dotenv, Path: "/absent/.env", Optional: true},
	}}
	_, err := r.Resolve(t.Context(), p)
	var planError *Error
	if !errors.As(err, &planError) {
		t.Fatalf("%T: %v", err, err)
	}
	for i, wrong := range []bool{true, true, true, true, true, false, true, false} {
		if got := resolve.FaultsByIndex(planError.Err, len(p.Sources))[i]; (got != nil) != wrong {
			t.Errorf("source %d: %v", i, got)
		}
	}
	if n := len(resolve.Faults(err)); n != 6 {
		t.Errorf("%d faults: %v", n, err)
	}
	if got := planError.ByLabel()["absent"]; !errors.Is(got, resolve.ErrNotFound) {
		t.Errorf("absent: %v", got)
	}
	// Nothing but the optional ones.
	p.Sources = []Source{p.Sources[5], p.Sources[7], {Kind: LocalEnviron, Names: []string{"NOT_SET"}, Optional: true}}
	result, err := r.Resolve(t.Context(), p)
	if err != nil || !result.Sources[0].Absent || result.Environment.Len() != 0 {
		t.Errorf("%+v, %v", result, err)
	}
}

// TestNoValueIsPrinted formats a Plan in all ways that a log might.
func TestNoValueIsPrinted(t *testing.T) {
	p := Plan{Sources: []Source{{Kind: Dict, From: "--env", Dict: map[string]*resolve.Value{"X": text("c4n4ry")}}}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if s := fmt.Sprintf(format, p); strings.Contains(s, "c4n4ry") {
			t.Errorf("%s: %s", format, s)
		}
	}
}

// slow is a provider that cannot be reached.
type slow struct{}

func (slow) Resolve(ctx context.Context, _ []resolve.Ref) ([]resolve.Resolved, error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

// TestAnOutageIsOfNoFile lets a server use up the time: no file is blamed for it.
func TestAnOutageIsOfNoFile(t *testing.T) {
	r := &Resolver{Client: resolve.NewClient(resolve.ClientConfig{Providers: map[string]resolve.Provider{"": slow{}}, Timeout: time.Millisecond}), Timeout: time.Millisecond}
	_, err := r.Resolve(t.Context(), Plan{Sources: []Source{{Kind: Named, Ref: resolve.Ref{Path: "db"}}, {Kind: Dotenv, Path: file(t, "A=1\n")}}})
	var failed *Error
	if !errors.As(err, &failed) || !errors.Is(err, resolve.ErrUnavailable) {
		t.Fatal(err)
	}
	if all := failed.ByLabel(); len(all) != 1 || all["db"] == nil {
		t.Errorf("%v", all)
	}
}

// TestRemoteValuesSetNoPath tries the ways by which a stored value could get into
// a variable that steers a loader: directly, over a variable of the file, and
// over another file.
func TestRemoteValuesSetNoPath(t *testing.T) {
	named := Source{Kind: Named, Ref: resolve.Ref{Path: "db"}}
	for name, content := range map[string][]string{
		"directly":              {"PATH=${DIR}/bin\n"},
		"with a default":        {"PATH=${DIR:-/x}/bin\n"},
		"by the file's own":     {"A=${DIR}\nPATH=${A}:${PATH}\n"},
		"by another file":       {"A=${DIR}\n", "PATH=${A}\n"},
		"by what wins over it":  {"LD_PRELOAD='${DIR}'\n"},
		"by its earlier values": {"A=${DIR}\nB=${A}\nA=x\nPATH=${B}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			r := resolver(stored{"db": {"DIR": "/evil"}}, "PATH=/bin")
			p := Plan{Sources: []Source{named}}
			for _, text := range content {
				p.Sources = append(p.Sources, Source{Kind: Dotenv, Path: file(t, text)})
			}
			if _, err := r.Resolve(t.Context(), p); !errors.Is(err, inject.ErrDangerous) {
				t.Fatal(err)
			}
			p.Merge.AllowNames = []string{"PATH", "LD_PRELOAD"}
			mustResolve(t, r, p)
			p.Merge.AllowNames, p.Dotenv.Interpolate = nil, Local
			mustResolve(t, r, p)
		})
	}
	// What is local may set it, also where a remote value was replaced.
	p := Plan{Sources: []Source{named, {Kind: Dotenv, Path: file(t, "DIR=/opt\nX=${DIR}\nPATH=${DIR}/bin:${PATH}\n")}}}
	mustResolve(t, resolver(stored{"db": {"DIR": "/evil"}}, "PATH=/bin"), p)
}
