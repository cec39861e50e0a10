package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// TestCanaryWatched takes unique values through all that a parent says while
// its sources change, break and come back: logs at debug, the status, the
// metrics, and what --mask lets through.
func TestCanaryWatched(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			h := newServed(t)
			quoted := func(v string) string { return "'" + v + "'" }
			h.call("secret", "create", "db", "K="+canaries["stored"], "N=1")
			put(t, filepath.Join(h.folder, ".env"), "D="+quoted(canaries["dotenv"])+"\nF=1\n")
			config := "secrets:\n- name: db\n  required_keys: [K]\n- dict: {C: " + quoted(canaries["config"]) + "}\n- env_file: .env\n"
			put(t, filepath.Join(h.folder, "squire.yaml"), config)
			w := watching("--log-format", format, "--mask", "--timeout", "1s", "--status-listen", "unix:socket", "-e", "L="+canaries["literal"], "-e", "LOCAL", "--on-change", "restart")
			environ := append(h.environ, "LOCAL="+canaries["local"])
			p := w.watch(t, h.folder, environ, "sh", "-c", `env; env >&2; echo "started $N $F" >&3; exec sleep 1000`)
			p.expect("started 1 1")
			check := func(when string) {
				t.Helper()
				asked := 0
				for _, path := range []string{"/status", "/metrics", "/livez", "/readyz", "/" + canaries["flag"][:9]} {
					_, body := p.ask(path)
					if asked += len(body); leak([]byte(body)) != "" {
						t.Errorf("%s, %s leaks %s:\n%s", when, path, leak([]byte(body)), body)
					}
				}
				if asked < 1000 {
					t.Errorf("%s: %d bytes were answered", when, asked)
				}
				for _, stream := range []string{"stdout", "stderr"} {
					if out := p.read(stream); leak([]byte(out)) != "" {
						t.Errorf("%s, %s leaks %s:\n%s", when, stream, leak([]byte(out)), out)
					}
				}
			}
			check("at first")
			good := "D=" + quoted(canaries["dotenv"]) + "\nF=2\n"
			p.put(".env", good)
			p.expect("started 1 2")
			check("after a change")
			breaks := func(when string, breach, repair func()) {
				t.Helper()
				breach()
				p.said("the environment stays as it is")
				check(when)
				repair()
				p.said("all sources can be read again")
			}
			mendFile := func() { p.put(".env", good) }
			for when, text := range map[string]string{
				"a bad .env":   "D=" + quoted(canaries["dotenv"]) + "\n" + canaries["dotenv"] + " = '" + canaries["dotenv"] + "\n",
				"a name":       "'" + canaries["dotenv"] + "=x'=1\n",
				"no UTF-8":     "D=" + canaries["dotenv"] + "\xff\n",
				"a NUL":        "D=" + canaries["dotenv"] + "\x00\n",
				"far too long": "D=" + canaries["dotenv"] + strings.Repeat("x", 140_000) + "\n",
			} {
				breaks(when, func() { p.put(".env", text) }, mendFile)
			}
			breaks("a missing key", func() { h.call("secret", "update", "db", "--unset", "K") }, func() { h.call("secret", "update", "db", "K="+canaries["stored"]) })
			breaks("a bad squire.yaml", func() {
				p.put("squire.yaml", "timeout: "+quoted(canaries["config"])+"\nsecrets:\n- dict: {C: ["+quoted(canaries["config"])+"]}\n- "+quoted(canaries["config"])+"\n")
			}, func() { p.put("squire.yaml", config) })
			breaks("a server that is not well", func() {
				h.stop()
				listener, err := net.Listen("tcp", h.address)
				if err != nil {
					t.Fatal(err)
				}
				h.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(http.StatusInternalServerError)
					_, _ = w.Write([]byte(`{"message":"` + canaries["stored"] + `"}`))
				}))
				_ = h.server.Listener.Close()
				h.server.Listener = listener
				h.server.Start()
				p.put(".env", good)
			}, func() {
				h.stop()
				h.start()
			})
			h.call("secret", "update", "db", "N=2", "K=x"+canaries["stored"])
			p.expect("started 2 2")
			check("at the end")
			p.end()
			for _, stream := range []string{"stdout", "stderr"} {
				out := p.read(stream)
				if leak([]byte(out)) != "" || strings.Count(out, "LOCAL=") < 3 {
					t.Errorf("%s leaks %s, or lacks what the command printed:\n%s", stream, leak([]byte(out)), out)
				}
			}
		})
	}
}
