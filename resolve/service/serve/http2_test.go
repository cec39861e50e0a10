package serve

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"
)

// askOver sends one resolve, and checks the answer.
func (h *house) askOver(client *http.Client, url, proto string) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), "POST", url+"/v1/resolve", strings.NewReader(`{"secrets":[{"name":"db"}]}`))
	h.ok(err)
	r.Header.Set("Authorization", "Bearer "+h.admin)
	r.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(r)
	h.ok(err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	h.ok(err)
	if resp.StatusCode != 200 || resp.Proto != proto || !strings.Contains(string(b), "second") {
		h.Errorf("%s: %d %s", resp.Proto, resp.StatusCode, b)
	}
}

func clientOf(t *testing.T, tr *http.Transport) *http.Client {
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func protocols(set ...func(*http.Protocols, bool)) *http.Protocols {
	p := new(http.Protocols)
	for _, f := range set {
		f(p, true)
	}
	return p
}

func TestHTTP2OverTLS(t *testing.T) {
	h := newHouse(t, nil)
	web := httptest.NewUnstartedServer(h.Handler())
	web.EnableHTTP2 = true
	web.StartTLS()
	t.Cleanup(web.Close)
	h.askOver(web.Client(), web.URL, "HTTP/2.0")
}

// TestServeSpeaksAll protocols with Server.Serve, with TLS and without.
func TestServeSpeaksAll(t *testing.T) {
	h := newHouse(t, nil)
	web := httptest.NewUnstartedServer(nil)
	web.StartTLS() // only for its certificate
	web.Close()
	for _, tlsConfig := range []*tls.Config{nil, {Certificates: web.TLS.Certificates}} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		h.ok(err)
		s := New(Config{Service: h.store})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, Listener{Listener: l, TLS: tlsConfig}, time.Second) }()
		url, trust := "http://"+l.Addr().String(), &tls.Config{InsecureSkipVerify: true} // loopback, and a certificate made for the test
		h2 := (*http.Protocols).SetUnencryptedHTTP2
		if tlsConfig != nil {
			url, h2 = "https://"+l.Addr().String(), (*http.Protocols).SetHTTP2
		}
		h.askOver(clientOf(t, &http.Transport{TLSClientConfig: trust, Protocols: protocols((*http.Protocols).SetHTTP1)}), url, "HTTP/1.1")
		h.askOver(clientOf(t, &http.Transport{TLSClientConfig: trust, Protocols: protocols(h2)}), url, "HTTP/2.0")
		cancel()
		h.ok(<-ended)
	}
}

func TestKeepAlive(t *testing.T) {
	h := newHouse(t, nil)
	conns := map[string]bool{}
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { conns[i.Conn.LocalAddr().String()] = true }}
	for _, path := range []string{"/v1/environments", "/nothing", "/v1/secrets/main/none", "/healthz", "/v1/watch?secret=main/db&wait=1ms"} {
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", h.url+path, nil)
		h.ok(err)
		r.Header.Set("Authorization", "Bearer "+h.admin)
		resp, err := h.http.Do(r)
		h.ok(err)
		_, err = io.Copy(io.Discard, resp.Body)
		h.ok(err)
		resp.Body.Close()
	}
	if len(conns) != 1 {
		t.Errorf("%d connections", len(conns))
	}
}
