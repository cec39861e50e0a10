package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
)

// served is the server of one script: the real one, in this process.
type served struct {
	service *service.Service
	server  *httptest.Server
	address string
}

// squired start|stop: serves a fresh store, and sets SQUIRE_SERVER and, for an
// admin, SQUIRE_TOKEN. After a stop it starts again at the same address.
func squired(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: squired start|stop")
	}
	s := ts.Value(served{}).(*served)
	switch args[0] {
	case "start":
		if s.service == nil {
			ts.Check(s.open(ts))
		}
		listener, err := net.Listen("tcp", s.address)
		ts.Check(err)
		s.address = listener.Addr().String()
		s.server = httptest.NewUnstartedServer(serve.New(serve.Config{Service: s.service}).Handler())
		ts.Check(s.server.Listener.Close())
		s.server.Listener = listener
		s.server.Start()
		ts.Setenv("SQUIRE_SERVER", s.server.URL)
		ts.Defer(s.server.Close)
	case "stop":
		s.server.Close()
	default:
		ts.Fatalf("usage: squired start|stop")
	}
}

// houses counts the servers that stop and come back.
var houses atomic.Uint32

// ownAddress is an address that no other test listens at or connects from, where
// there are several of the machine's own, so that a server finds its port free
// when it comes back.
func ownAddress() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1:0"
	}
	n := houses.Add(1)
	return fmt.Sprintf("127.%d.%d.%d:0", 1+os.Getpid()%250, n/250, 1+n%250)
}

func (s *served) open(ts *testscript.TestScript) (err error) {
	s.address = ownAddress()
	s.service, err = service.Open(context.Background(), service.Config{DataDir: ts.MkAbs("served/data"), MasterKeyFile: ts.MkAbs("served/key"), Held: true, Caller: "squired"})
	if err != nil {
		return err
	}
	ts.Defer(func() { ts.Check(s.service.Close()) })
	_, err = s.service.Bootstrap(context.Background(), func() (string, error) {
		token := service.NewToken()
		ts.Setenv("SQUIRE_TOKEN", token)
		return token, nil
	})
	return err
}

// faults are servers that are none, or are not well. What they send holds a
// value, and none of it may be shown.
var faults = map[string]http.HandlerFunc{
	"html": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>hunter2</html>"))
	},
	"half": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"secrets":[{"environment":"main","name":"db","env_dict":{"K":"hunter2"`))
	},
	"500": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"message":"hunter2"}`))
	},
	"429": later(http.StatusTooManyRequests), "503": later(http.StatusServiceUnavailable),
	"other": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"secrets":[{"environment":"main","name":"other","version":1,"env_dict":{"K":"hunter2"}}],"etag":"x"}`))
	},
	"without keys": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"secrets":[{"environment":"main","name":"db","version":1,"env_dict":{"L":"hunter2"}}],"etag":"x"}`))
	},
	"silent": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then net/http looks whether the client is still there
		<-r.Context().Done()
	},
	"closes": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
}

func later(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("hunter2"))
	}
}

// faulty KIND: a server that is not well, at SQUIRE_SERVER; "redirect" leads
// to another, which must not be asked.
func faulty(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: faulty KIND")
	}
	handler := faults[args[0]]
	if args[0] == "redirect" {
		asked := make(chan string, 100)
		elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Header.Get("Authorization") }))
		target := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1) + "/hunter2"
		handler = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target, http.StatusTemporaryRedirect)
		}
		ts.Defer(func() {
			elsewhere.Close()
			if len(asked) > 0 {
				ts.Fatalf("a redirect was followed")
			}
		})
	}
	if handler == nil {
		ts.Fatalf("no fault is called %q", args[0])
	}
	s := httptest.NewServer(handler)
	ts.Defer(s.Close)
	ts.Setenv("SQUIRE_SERVER", s.URL)
}

// setenv NAME stdout|cachekey: what the last command printed, less its newline; or a
// key for the cache.
func setenv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: setenv NAME stdout|cachekey")
	}
	text := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	if args[1] == "stdout" {
		text = strings.TrimSuffix(ts.ReadFile("stdout"), "\n")
	}
	ts.Setenv(args[0], text)
}
