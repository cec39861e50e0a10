package squire

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/squire-env/squire/resolve"
)

// BenchmarkChange is the client's work for one change of a served secret of 20 keys:
// a long poll and a resolve. The server always sends the same, so that nearly all of
// the time is the client's.
func BenchmarkChange(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		sendTheSame(listener)
	}()
	token := filepath.Join(b.TempDir(), "token")
	if err := os.WriteFile(token, []byte("squire_token\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	p, closer, err := Open(Settings{Server: "http://" + listener.Addr().String(), TokenFile: token})
	if err != nil {
		b.Fatal(err)
	}
	client := resolve.NewClient(resolve.ClientConfig{Providers: map[string]resolve.Provider{"": p}})
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		s := resolve.FromName("web")
		if err := client.Watch(ctx, s); err != nil {
			b.Fatal(err)
		}
		if layers, err := client.Resolve(ctx, s); err != nil || len(layers[0].Vars) != 20 {
			b.Fatal(err)
		}
	}
	if err := closer.Close(); err != nil {
		b.Error(err)
	}
	<-ended
}

// sendTheSame serves one connection.
func sendTheSame(listener net.Listener) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	keys := make([]string, 20)
	for i := range keys {
		keys[i] = fmt.Sprintf(`"SOME_VARIABLE_%d":"the value of variable %d"`, i, i)
	}
	answer := func(body string) []byte {
		return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nCache-Control: no-store\r\n\r\n%s", len(body), body)
	}
	resolved := answer(`{"secrets":[{"environment":"main","name":"web","version":1,"env_dict":{` + strings.Join(keys, ",") + `}}],"etag":"0123456789abcdefghijkl"}`)
	changed := answer(`{"changed":true,"etag":"0123456789abcdefghijkl"}`)
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		say, length := resolved, 0
		if bytes.HasPrefix(line, []byte("GET ")) {
			say = changed
		}
		for len(line) > 2 {
			if line, err = in.ReadSlice('\n'); err != nil {
				return
			}
			_, _ = fmt.Sscanf(string(line), "Content-Length: %d", &length)
		}
		if _, err := in.Discard(length); err != nil {
			return
		}
		if _, err := conn.Write(say); err != nil {
			return
		}
	}
}
