// Command benchserver is squired without its command line, for benchmarks. It
// can leave out the audit trail, to measure what that costs; squired cannot, and
// neither can a program outside this folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/squire-env/squire/resolve/service"
	"github.com/squire-env/squire/resolve/service/internal/seam"
	"github.com/squire-env/squire/resolve/service/serve"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "benchserver:", err)
		os.Exit(1)
	}
}

// run prints the address that it answers at, and ends with SIGTERM. The first
// token is in DIR.token.
func run(args []string) error {
	debug.SetGCPercent(400) // as squired
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	flags := flag.NewFlagSet("benchserver", flag.ContinueOnError)
	dir := flags.String("dir", "", "data folder")
	audit := flags.Bool("audit", true, "with the audit trail")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	svc, err := service.Open(ctx, service.Config{
		DataDir: *dir, MasterKeyFile: *dir + ".key", Held: true, Test: seam.New(seam.Options{NoAudit: !*audit}),
	})
	if err != nil {
		return err
	}
	defer svc.Close()
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
