package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// result is one round of load.
type result struct {
	perSecond float64
	p50, p99  time.Duration
	bodyBytes int // of the last answer
}

// requests makes the next request of a connection.
type requests func(conn, n int) []byte

// same is one request again and again.
func same(request []byte) requests { return func(int, int) []byte { return request } }

// load sends requests over conns kept-alive connections for a while, each
// connection the next as soon as it has the answer. It is a client of the
// least work, since it runs on the same cores as the server.
func load(addr string, next requests, conns int, length time.Duration) (result, error) {
	var mu sync.Mutex
	var all []time.Duration
	var failed error
	var body int
	var group sync.WaitGroup
	begin := time.Now()
	end := begin.Add(length)
	for conn := range conns {
		group.Go(func() {
			took, n, err := one(addr, func(n int) []byte { return next(conn, n) }, end)
			mu.Lock()
			defer mu.Unlock()
			all, body = append(all, took...), n
			if err != nil {
				failed = err
			}
		})
	}
	group.Wait()
	elapsed := time.Since(begin)
	if failed != nil {
		return result{}, failed
	}
	slices.Sort(all)
	return result{float64(len(all)) / elapsed.Seconds(), all[len(all)/2], all[len(all)*99/100], body}, nil
}

func one(addr string, next func(n int) []byte, end time.Time) (took []time.Duration, body int, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, 0, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 16<<10)
	took = make([]time.Duration, 0, 1<<14)
	for at := time.Now(); at.Before(end); {
		request := next(len(took))
		if request == nil {
			break
		}
		if _, err := conn.Write(request); err != nil {
			return nil, 0, err
		}
		if body, err = readAnswer(in); err != nil {
			return nil, 0, err
		}
		now := time.Now()
		took = append(took, now.Sub(at))
		at = now
	}
	return took, body, nil
}

// readAnswer reads one answer of status 2xx, and returns its body's length.
func readAnswer(in *bufio.Reader) (int, error) {
	first, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(first) < 12 || first[9] != '2' {
		rest, _ := in.Peek(in.Buffered())
		return 0, fmt.Errorf("answer %q %q", first, rest)
	}
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return 0, err
			}
		}
	}
	_, err = io.CopyN(io.Discard, in, int64(length))
	return length, err
}

// post is a request of the bytes that a client sends.
func post(path, token, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, token, len(body), body)
}
