package squire

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/api/client"
)

const canary = "c4nary-kept-value"

// fake is a server whose answers a test sets.
type fake struct {
	api.Service
	asked  []api.ResolveRequest
	answer api.ResolveResponse
	err    error
}

func (f *fake) Resolve(_ context.Context, r api.ResolveRequest) (api.ResolveResponse, error) {
	f.asked = append(f.asked, r)
	if f.err != nil {
		return api.ResolveResponse{}, f.err
	}
	if r.Etag == f.answer.Etag {
		return api.ResolveResponse{Etag: r.Etag, Unchanged: true}, nil
	}
	return f.answer, nil
}

// caching is a cache in front of a fake, with a clock that a test sets.
type caching struct {
	*cache
	fake   *fake
	warned []string
	clock  time.Time
}

var key32 = base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))

func newCaching(t *testing.T, dir string) *caching {
	t.Helper()
	f := &caching{clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), fake: &fake{answer: answerOf("db", "1", canary)}}
	c, err := newCache(Settings{CacheDir: dir, Variables: Variables{CacheKey: resolve.NewValue(key32)}, Warn: func(w string) { f.warned = append(f.warned, w) }}, f.fake, "https://s:1")
	if err != nil {
		t.Fatal(err)
	}
	c.now = func() time.Time { return f.clock }
	f.cache = c
	return f
}

func answerOf(name, etag, value string) api.ResolveResponse {
	return api.ResolveResponse{Etag: etag, Secrets: []api.ResolvedSecret{{Environment: "main", Name: name, Version: 1, EnvDict: api.EnvDict{"K": resolve.NewValue(value)}}}}
}

func ask(name string, keys ...string) api.ResolveRequest {
	return api.ResolveRequest{Secrets: []api.SecretRef{{Environment: "main", Name: name, RequiredKeys: keys}}}
}

// unreachable is the client's own error of a server that gave no answer.
func unreachable(t *testing.T) error {
	t.Helper()
	c, err := client.New(client.Config{Server: "http://127.0.0.1:1", Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Resolve(t.Context(), ask("db"))
	if u := (*client.Unreachable)(nil); !errors.As(err, &u) {
		t.Fatalf("%v", err)
	}
	return err
}

func (f *caching) value(t *testing.T, r api.ResolveRequest) string {
	t.Helper()
	answer, err := f.Resolve(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Unchanged || len(answer.Secrets) != 1 {
		t.Fatalf("%+v", answer)
	}
	return answer.Secrets[0].EnvDict["K"].Reveal()
}

// refuses expects no answer, and an error that says so.
func (f *caching) refuses(t *testing.T, r api.ResolveRequest, says string) {
	t.Helper()
	answer, err := f.Resolve(t.Context(), r)
	if err == nil || answer.Secrets != nil || !strings.Contains(err.Error(), says) {
		t.Errorf("%v %v, want an error with %q", answer, err, says)
	}
}

func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	return paths
}

func TestCacheStandsIn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "cache")
	f := newCaching(t, dir)
	if got := f.value(t, ask("db", "K")); got != canary || len(f.warned) != 0 {
		t.Fatalf("%v", f.warned)
	}
	if f.fake.asked[0].Etag != "" {
		t.Error("an etag of nothing is sent")
	}
	// Unchanged: the body is the cache's, and its age starts again.
	f.clock = f.clock.Add(20 * time.Hour)
	if got := f.value(t, ask("db", "K")); got != canary || f.fake.asked[1].Etag != "1" {
		t.Errorf("%+v", f.fake.asked)
	}
	f.clock = f.clock.Add(20*time.Hour + 300*time.Millisecond)
	f.fake.err = unreachable(t)
	if got := f.value(t, ask("db", "K")); got != canary {
		t.Error("not the kept value")
	}
	if len(f.warned) != 1 || !strings.HasSuffix(f.warned[0], "; secrets of 20h0m0s ago are taken from the cache") {
		t.Errorf("%q", f.warned)
	}
	// Reached again, with other values.
	f.fake.err, f.fake.answer = nil, answerOf("db", "2", "new")
	if got := f.value(t, ask("db", "K")); got != "new" {
		t.Error(got)
	}
	f.fake.err = unreachable(t)
	if got := f.value(t, ask("db", "K")); got != "new" {
		t.Error(got)
	}
	// Another list, another server, another key: nothing is known.
	f.refuses(t, ask("db"), "no answer to this list")
	f.refuses(t, ask("other", "K"), "no answer to this list")
	f.server = "https://s:2"
	f.refuses(t, ask("db", "K"), "no answer to this list")
	if runtime.GOOS != "windows" {
		for path, want := range map[string]os.FileMode{dir: os.ModeDir | 0o700, files(t, dir)[0]: 0o600} {
			if info, err := os.Lstat(path); err != nil || info.Mode() != want {
				t.Errorf("%s: %v %v", path, info.Mode(), err)
			}
		}
	}
}

func TestCacheAges(t *testing.T) {
	for _, test := range []struct {
		age  time.Duration
		says string // "": it is used
	}{
		{0, ""}, {24 * time.Hour, ""}, {24*time.Hour + 1, "more than 24h0m0s"},
		{-5 * time.Minute, ""}, {-5*time.Minute - 1, "from the future"}, {-90 * 24 * time.Hour, "from the future"}, {10 * 365 * 24 * time.Hour, "more than"},
	} {
		f := newCaching(t, filepath.Join(t.TempDir(), "c"))
		f.value(t, ask("db"))
		f.clock, f.fake.err = f.clock.Add(test.age), unreachable(t)
		if test.says != "" {
			f.refuses(t, ask("db"), test.says)
		} else if got := f.value(t, ask("db")); got != canary {
			t.Errorf("%s: %q", test.age, got)
		}
	}
}

// An error from the server itself is not an outage.
func TestCacheIsNotForAnswers(t *testing.T) {
	for _, test := range []struct {
		err  error
		goes bool
	}{
		{fmt.Errorf("%w: the token is not valid", resolve.ErrNoIdentity), true},
		{fmt.Errorf("%w: no", resolve.ErrDenied), true},
		{errors.Join(&resolve.MissingKeysError{Name: "db", Keys: []string{"A"}}, &resolve.NotFoundError{Name: "x"}), true},
		{&resolve.MissingKeysError{Environment: "main", Name: "db", Keys: []string{"K"}}, false},
		{fmt.Errorf("%w: later", resolve.ErrLimited), false},
		{fmt.Errorf("%w: the store", resolve.ErrUnavailable), false},
		{resolve.ErrCorrupt, false}, {context.DeadlineExceeded, false}, {context.Canceled, false},
	} {
		dir := filepath.Join(t.TempDir(), "c")
		f := newCaching(t, dir)
		f.value(t, ask("db"))
		f.fake.err = test.err
		f.refuses(t, ask("db"), "")
		if gone := len(files(t, dir)) == 0; gone != test.goes {
			t.Errorf("%v: gone %v, want %v", test.err, gone, test.goes)
		}
		f.fake.err = unreachable(t)
		if test.goes {
			f.refuses(t, ask("db"), "no answer to this list")
		} else if f.value(t, ask("db")) != canary {
			t.Errorf("%v", test.err)
		}
	}
}

// An answer that an optional secret is absent is stored too, so that such a list
// also works during an outage.
func TestCacheOfTheAbsent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	f := newCaching(t, dir)
	both := api.ResolveRequest{Secrets: append(ask("db").Secrets, ask("extra", "K").Secrets...)}
	both.Secrets[1].Optional = true
	f.fake.answer = answerOf("db", "1", canary)
	f.fake.answer.Secrets = append(f.fake.answer.Secrets, api.ResolvedSecret{Environment: "main", Name: "extra", Absent: true})
	if _, err := f.Resolve(t.Context(), both); err != nil {
		t.Fatal(err)
	}
	f.fake.err = unreachable(t)
	answer, err := f.Resolve(t.Context(), both)
	if err != nil || len(answer.Secrets) != 2 || !answer.Secrets[1].Absent || answer.Secrets[1].EnvDict != nil || answer.Secrets[0].EnvDict["K"].Reveal() != canary {
		t.Fatalf("%+v %v", answer, err)
	}
	// The same names without an optional one are another list.
	both.Secrets[1].Optional = false
	f.refuses(t, both, "no answer to this list")
	both.Secrets[1].Optional = true
	f.fake.err = &resolve.MissingKeysError{Environment: "main", Name: "extra", Keys: []string{"K"}}
	f.refuses(t, both, "lacks the required key K")
	if len(files(t, dir)) != 1 {
		t.Error("the answer is gone")
	}
}

// Files of the first version with this cacheFormat can be read; testdata/cache-1
// has one.
func TestCacheReadsItsFormat(t *testing.T) {
	list := listID("https://s:1", ask("db", "K").Secrets)
	b, err := os.ReadFile("testdata/cache-1/" + cacheName(list))
	if err != nil {
		t.Fatal(err)
	}
	k, err := openKept(b, []byte("0123456789abcdef0123456789abcdef"), list)
	if err != nil || !complete(ask("db", "K"), k.answer) || k.answer.Secrets[0].EnvDict["K"].Reveal() != canary || k.at.Year() != 2026 {
		t.Errorf("%+v %v", k, err)
	}
}

// A file that contains only the names of absent secrets, from an earlier version,
// is ignored.
func TestCacheIgnoresRecordsOfTheAbsent(t *testing.T) {
	f := newCaching(t, filepath.Join(t.TempDir(), "c"))
	list := listID("https://s:1", ask("db").Secrets)
	salt := make([]byte, saltSize)
	aead, err := cacheAEAD(f.key, salt)
	if err != nil {
		t.Fatal(err)
	}
	plain := append(binary.BigEndian.AppendUint64(nil, uint64(f.clock.UnixNano())), `{"absent":[{"environment":"main","name":"db"}]}`...)
	if err := f.dir.Write(cacheName(list), aead.Seal(append([]byte(cacheFormat), salt...), nil, plain, append([]byte(cacheFormat), list...))); err != nil {
		t.Fatal(err)
	}
	if got := f.value(t, ask("db")); got != canary || f.fake.asked[0].Etag != "" || len(f.warned) != 0 {
		t.Errorf("%q %+v", f.warned, f.fake.asked)
	}
}

func TestCacheTampering(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	f := newCaching(t, dir)
	f.value(t, ask("db"))
	path := files(t, dir)[0]
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	list := listID("https://s:1", ask("db").Secrets)
	for i := range good {
		bad := append([]byte{}, good...)
		bad[i] ^= 1
		if _, err := openKept(bad, f.key, list); !errors.Is(err, errNotOurs) {
			t.Fatalf("byte %d: %v", i, err)
		}
		if _, err := openKept(good[:i], f.key, list); !errors.Is(err, errNotOurs) {
			t.Fatalf("cut to %d: %v", i, err)
		}
	}
	if _, err := openKept(good, []byte(strings.Repeat("k", 32)), list); !errors.Is(err, errNotOurs) {
		t.Errorf("another key: %v", err)
	}
	// Two exchanged files: neither is used instead of the other.
	f.fake.answer = answerOf("web", "9", "w")
	f.value(t, ask("web"))
	a, b := filepath.Join(dir, cacheName(list)), filepath.Join(dir, cacheName(listID("https://s:1", ask("web").Secrets)))
	for _, step := range [][2]string{{a, a + "x"}, {b, a}, {a + "x", b}} {
		if err := os.Rename(step[0], step[1]); err != nil {
			t.Fatal(err)
		}
	}
	f.warned, f.fake.err = nil, unreachable(t)
	f.refuses(t, ask("db"), "no answer to this list")
	f.refuses(t, ask("web"), "no answer to this list")
	if len(f.warned) != 2 || !strings.Contains(f.warned[0], "not used: it is damaged") {
		t.Errorf("%q", f.warned)
	}
	// A good answer replaces a damaged file.
	f.fake.err = nil
	if f.value(t, ask("web")); f.fake.asked[len(f.fake.asked)-1].Etag != "" {
		t.Error("the etag of a file that did not open is sent")
	}
	f.fake.err = unreachable(t)
	if f.value(t, ask("web")) != "w" {
		t.Error("the damaged file was not replaced")
	}
}

// A folder that cannot be trusted or used causes a warning, but no failure if the
// server answers.
func TestCacheFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has neither modes nor links for everybody")
	}
	for name, set := range map[string]func(t *testing.T, dir, elsewhere string){
		"loose folder": func(t *testing.T, dir, _ string) { must(t, os.Mkdir(dir, 0o700)); must(t, os.Chmod(dir, 0o750)) },
		"link":         func(t *testing.T, dir, elsewhere string) { must(t, os.Symlink(elsewhere, dir)) },
		"file":         func(t *testing.T, dir, _ string) { must(t, os.WriteFile(dir, nil, 0o600)) },
		"below a file": func(t *testing.T, dir, elsewhere string) {
			must(t, os.WriteFile(elsewhere+"/f", nil, 0o600))
			must(t, os.Symlink(elsewhere+"/f/c", dir))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, elsewhere := filepath.Join(t.TempDir(), "c"), t.TempDir()
			set(t, dir, elsewhere)
			f := newCaching(t, dir)
			if f.value(t, ask("db")) != canary || len(f.warned) == 0 || !strings.Contains(f.warned[len(f.warned)-1], "the answer cannot be stored: ") {
				t.Errorf("%q", f.warned)
			}
			f.fake.err = unreachable(t)
			f.refuses(t, ask("db"), "no answer to this list")
			if len(files(t, elsewhere)) > 0 && name == "link" {
				t.Error("a link was followed")
			}
		})
	}
}

// In the folder no link is followed, and no file is read that others can open.
func TestCacheEntries(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has neither modes nor links for everybody")
	}
	dir := filepath.Join(t.TempDir(), "c")
	f := newCaching(t, dir)
	f.value(t, ask("db"))
	path := files(t, dir)[0]
	good, err := os.ReadFile(path)
	must(t, err)
	for name, set := range map[string]func(){
		"loose":  func() { must(t, os.WriteFile(path, good, 0o600)); must(t, os.Chmod(path, 0o640)) },
		"folder": func() { must(t, os.Mkdir(path, 0o700)) },
		"link": func() {
			must(t, os.WriteFile(path+".real", good, 0o600))
			must(t, os.Symlink(filepath.Base(path)+".real", path))
		},
		"link elsewhere": func() {
			target := filepath.Join(t.TempDir(), "target")
			must(t, os.WriteFile(target, good, 0o600))
			must(t, os.Symlink(target, path))
		},
	} {
		must(t, os.RemoveAll(path))
		set()
		f.warned, f.fake.err = nil, unreachable(t)
		f.refuses(t, ask("db"), "no answer to this list")
		if len(f.warned) != 1 {
			t.Errorf("%s: %q", name, f.warned)
		}
		f.fake.err = nil
		f.value(t, ask("db"))
		info, err := os.Lstat(path)
		if must(t, err); name != "folder" && (!info.Mode().IsRegular() || info.Mode().Perm() != 0o600) {
			t.Errorf("%s: %v afterwards", name, info.Mode())
		}
		if b, err := os.ReadFile(path + ".real"); err == nil && string(b) != string(good) {
			t.Errorf("%s: what the link leads to was written", name)
		}
	}
}

func TestCacheHoldsNoValue(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	f := newCaching(t, dir)
	f.value(t, ask("db"))
	f.fake.answer = answerOf("web", "2", strings.Repeat(canary, 100))
	f.value(t, ask("web"))
	all := files(t, dir)
	if len(all) != 2 {
		t.Fatalf("%v", all)
	}
	for _, path := range all {
		b, err := os.ReadFile(path)
		must(t, err)
		for _, form := range []string{canary, hex.EncodeToString([]byte(canary)), base64.StdEncoding.EncodeToString([]byte(canary))[:20], key32[:20], "0123456789abcdef"} {
			if strings.Contains(path+string(b), form) {
				t.Errorf("%s holds %q", path, form)
			}
		}
	}
}

// Files that a killed process left are removed; recent ones may belong to a running
// process.
func TestCacheSweeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	f := newCaching(t, dir)
	must(t, os.Mkdir(dir, 0o700))
	for name, age := range map[string]time.Duration{"old.tmp": 2 * time.Hour, "fresh.tmp": 0} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		must(t, os.Chtimes(filepath.Join(dir, name), time.Now(), time.Now().Add(-age)))
	}
	f.value(t, ask("db"))
	if all := files(t, dir); len(all) != 2 || !strings.HasSuffix(all[1], "fresh.tmp") {
		t.Errorf("%v", all)
	}
}

func TestCacheKeys(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(text), mode))
		must(t, os.Chmod(path, mode))
		return path
	}
	server := Settings{Server: "http://127.0.0.1:1", CacheDir: filepath.Join(dir, "c")}
	for name, test := range map[string]struct {
		text, file string
		ok         bool
	}{
		"none":      {},
		"text":      {text: key32 + "\n", ok: true},
		"short":     {text: "c2hvcnQ="},
		"no base64": {text: "not base64 " + canary},
		"file":      {file: write("good", key32+"\n", 0o600), ok: true},
		"file wins": {file: write("bad", "x", 0o600), text: key32},
		"loose":     {file: write("loose", key32, 0o644), ok: runtime.GOOS == "windows"},
		"empty":     {file: write("empty", "", 0o600)},
		"folder":    {file: dir},
		"nowhere":   {file: filepath.Join(dir, "nowhere")},
	} {
		s := server
		s.CacheKey, s.CacheKeyFile = resolve.NewValue(test.text), test.file
		_, closer, err := OpenService(s)
		if err == nil {
			must(t, closer.Close())
		}
		if (err == nil) != test.ok || err != nil && (!errors.Is(err, resolve.ErrInvalid) || strings.Contains(err.Error()+resolve.Hint(err), canary)) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "none" && !strings.Contains(resolve.Hint(err), "head -c32 /dev/urandom | base64") {
			t.Errorf("no way to make one: %q", resolve.Hint(err))
		}
	}
	if _, err := os.Stat(server.CacheDir); err == nil {
		t.Error("opening made the folder")
	}
}

func TestOffline(t *testing.T) {
	for name, s := range map[string]Settings{
		"no server": {Offline: true, CacheDir: t.TempDir()},
		"no cache":  {Offline: true, Server: "http://127.0.0.1:1"},
	} {
		if _, _, err := OpenService(s); !errors.Is(err, resolve.ErrInvalid) || resolve.Hint(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	svc, closer, err := OpenService(Settings{Offline: true, Server: "http://127.0.0.1:1", CacheDir: filepath.Join(t.TempDir(), "c"), Variables: Variables{CacheKey: resolve.NewValue(key32)}})
	must(t, err)
	defer closer.Close()
	if _, err := svc.Resolve(t.Context(), ask("db")); !errors.Is(err, resolve.ErrUnavailable) || resolve.Hint(err) != "leave out --offline" {
		t.Errorf("%v", err)
	}
	if _, err := svc.ListTokens(t.Context()); !errors.Is(err, resolve.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
