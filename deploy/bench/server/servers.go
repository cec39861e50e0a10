package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
)

// serveBare answers everything with SIZE bytes: what net/http itself takes.
func serveBare(args []string) error {
	size, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	body := bytes.Repeat([]byte("x"), size)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
}
