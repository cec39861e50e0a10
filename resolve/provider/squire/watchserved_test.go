package squire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
)

// serving is a client that watches a real server, and the server's own store.
type serving struct {
	*following
	server  *httptest.Server
	address string
	watched chan struct{} // one for each long poll that has come
}

func newServing(t *testing.T) *serving {
	t.Helper()
	dir, ctx := t.TempDir(), context.Background()
	s := &serving{following: &following{T: t}, address: "127.0.0.1:0", watched: make(chan struct{}, 10_000)}
	var err error
	s.other, err = service.Open(context.Background(), service.Config{DataDir: filepath.Join(dir, "data"), MasterKeyFile: filepath.Join(dir, "key"), Held: true, Caller: "other"})
	s.ok(err)
	t.Cleanup(func() { s.ok(s.other.Close()) })
	s.create("db")
	token, err := s.other.CreateToken(ctx, api.CreateTokenRequest{Name: "t", Scope: api.Scope{Role: api.RoleResolveOnly}})
	s.ok(err)
	s.start()
	t.Cleanup(s.stop)
	s.provider, s.closer = openProvider(t, Settings{Server: s.server.URL, Variables: Variables{Token: resolve.NewValue(token.Text.Reveal())}})
	s.client = clientOf(s.provider)
	return s
}

func (s *serving) start() {
	s.Helper()
	listener, err := net.Listen("tcp", s.address)
	s.ok(err)
	s.address = listener.Addr().String()
	handler := serve.New(serve.Config{Service: s.other}).Handler()
	s.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/watch" {
			s.watched <- struct{}{}
		}
		handler.ServeHTTP(w, r)
	}))
	s.ok(s.server.Listener.Close())
	s.server.Listener = listener
	s.server.Start()
}

// stop cancels in-flight requests.
func (s *serving) stop() {
	s.server.CloseClientConnections()
	s.server.Close()
}

func (s *serving) create(name string) {
	s.Helper()
	_, err := s.other.CreateSecret(context.Background(), api.CreateSecretRequest{Name: name, EnvDict: api.EnvDict{"K": resolve.NewValue("0")}})
	s.ok(err)
}

func TestWatchServed(t *testing.T) {
	s := newServing(t)
	updated := make(chan error, 1)
	s.layer()
	go func() {
		for i := range 200 {
			if err := s.update(context.Background(), fmt.Sprint("new ", i)); err != nil {
				updated <- err
				return
			}
		}
		updated <- nil
	}()
	for l := s.layer(); l.Version < 201; l = s.layer() {
		s.watch(resolve.FromName("db"))
	}
	s.ok(<-updated)
	before := s.lines()
	for range 20 {
		s.layer()
	}
	if n := s.lines(); n != before {
		t.Errorf("%d lines of polls", n-before)
	}
	watches := func() int {
		l, err := s.other.ListAudit(t.Context(), api.AuditRequest{Action: "watch"})
		s.ok(err)
		return len(l.Entries)
	}
	lines := watches()
	ended := make(chan error, 1)
	go func() { ended <- s.client.Watch(context.Background(), resolve.FromName("db")) }()
	s.ok(s.update(t.Context(), "last"))
	s.ok(<-ended)
	if n := watches(); n > lines+1 { // one where the update was before the first look
		t.Errorf("%d lines of one watch", n-lines)
	}
}

// What was changed while the server was down is reported when it is up again.
func TestAServerThatComesBack(t *testing.T) {
	s := newServing(t)
	s.layer()
	ended := make(chan error, 1)
	go func() { ended <- s.client.Watch(context.Background(), resolve.FromName("db")) }()
	<-s.watched
	s.stop()
	if err := <-ended; !errors.Is(err, resolve.ErrUnavailable) {
		t.Fatalf("%v", err)
	}
	s.ok(s.update(t.Context(), "while it was gone"))
	s.start()
	s.watch(resolve.FromName("db"))
	if l := s.layer(); l.Version != 2 {
		t.Errorf("version %d", l.Version)
	}
}

func TestAnOptionalSecretComes(t *testing.T) {
	s := newServing(t)
	list := func() []*resolve.Secret {
		return []*resolve.Secret{resolve.FromName("db"), resolve.FromName("extra", resolve.Optional())}
	}
	resolved := func() resolve.Layer {
		layers, err := s.client.Resolve(t.Context(), list()...)
		s.ok(err)
		return layers[1]
	}
	if l := resolved(); l.Label != "main/extra" || !l.Absent || l.Version != 0 || l.Vars != nil {
		t.Errorf("%+v", l)
	}
	before := s.lines()
	for range 20 {
		resolved()
	}
	if n := s.lines(); n != before {
		t.Errorf("%d lines of polls that found nothing new", n-before)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.client.Watch(context.Background(), list()...) }()
	s.create("extra")
	s.ok(<-ended)
	if l := resolved(); l.Version != 1 {
		t.Errorf("%+v", l)
	}
	s.ok(s.other.DeleteSecret(t.Context(), api.DeleteRequest{Name: "extra"}))
	s.watch(list()...)
	if l := resolved(); l.Version != 0 || l.Vars != nil {
		t.Errorf("%+v", l)
	}
}

// A long list is watched in parts, since a server accepts 100 names at once.
func TestALongListIsWatchedInParts(t *testing.T) {
	s := newServing(t)
	var list []*resolve.Secret
	for i := range 250 {
		list = append(list, resolve.FromName(fmt.Sprint("absent-", i), resolve.Optional()))
	}
	list = append(list, resolve.FromName("db"))
	s.watch(list...) // each part gets its mark
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.client.Watch(short, list...); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing has changed: %v", err)
	}
	s.ok(s.update(t.Context(), "1"))
	s.watch(list...)
}

func TestRememberedAnswers(t *testing.T) {
	f := &fake{answer: answerOf("db", "1", canary)}
	m := newRemember(f)
	for i, step := range []struct {
		keys []string
		etag string // that is sent
	}{{nil, ""}, {nil, "1"}, {[]string{"K"}, "1"}, {[]string{"ABSENT"}, ""}} {
		if _, err := m.Resolve(t.Context(), ask("db", step.keys...)); err != nil || f.asked[i].Etag != step.etag {
			t.Errorf("%d: etag %q, %v", i, f.asked[i].Etag, err)
		}
	}
	answer, err := m.Resolve(t.Context(), ask("db"))
	if err != nil || answer.Unchanged || answer.Secrets[0].EnvDict["K"].Reveal() != canary {
		t.Errorf("%+v %v", answer, err)
	}
	f.err = fmt.Errorf("%w: no", resolve.ErrDenied)
	if _, err := m.Resolve(t.Context(), ask("db")); err == nil {
		t.Error("the stored answer is used instead of a refusal")
	}
	f.err = nil
	_, _ = m.Resolve(t.Context(), ask("db"))
	if f.asked[len(f.asked)-1].Etag != "" {
		t.Error("a refused answer is remembered")
	}
}

// A caller that has an answer gets an error if the server cannot be reached, and
// the answer to a refresh is stored for the next process.
func TestARefreshIsNotServedFromTheCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	c := newCaching(t, dir)
	m := newRemember(c.cache)
	_, err := m.Resolve(t.Context(), ask("db"))
	if err != nil {
		t.Fatal(err)
	}
	c.fake.err = unreachable(t)
	if answer, err := m.Resolve(t.Context(), ask("db")); err == nil || answer.Secrets != nil {
		t.Errorf("%v", err)
	}
	c.fake.err, c.fake.answer = nil, answerOf("db", "2", "new")
	if _, err := m.Resolve(t.Context(), ask("db")); err != nil {
		t.Fatal(err)
	}
	c.clock = c.clock.Add(20 * time.Hour) // it still holds, and that is written down
	if _, err := m.Resolve(t.Context(), ask("db")); err != nil {
		t.Fatal(err)
	}
	c.clock = c.clock.Add(20 * time.Hour)
	c.fake.err = unreachable(t)
	next := newCaching(t, dir)
	next.clock, next.fake.err = c.clock, c.fake.err
	if got := next.value(t, ask("db")); got != "new" {
		t.Errorf("the cache has %q", got)
	}
}
