package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/serve"
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

// serveOurs is squired without its command line, so that the audit can be
// left out, which squired itself does not do.
func serveOurs(args []string) error {
	debug.SetGCPercent(400) // as squired
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	flags := flag.NewFlagSet("served", flag.ContinueOnError)
	dir := flags.String("dir", "", "data folder")
	audit := flags.Bool("audit", true, "with the audit trail")
	if err := flags.Parse(args); err != nil {
		return err
	}
	svc, err := service.Open(service.Config{DataDir: *dir, MasterKeyFile: *dir + ".key", Held: true, TestNoAudit: !*audit})
	if err != nil {
		return err
	}
	defer svc.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	_, err = svc.Bootstrap(ctx, func() (string, error) {
		text := service.NewToken()
		return text, os.WriteFile(*dir+".token", []byte(text), 0o600)
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return serve.New(serve.Config{Service: svc}).Serve(ctx, serve.Listener{Listener: l}, 5*time.Second)
}
