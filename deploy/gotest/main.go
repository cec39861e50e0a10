// Command gotest is go test, which says at its end what was skipped, and why. go
// test itself says that with -v only, among all that passed.
//
//	go run ./deploy/gotest ./...
//
// Its arguments, its output and its exit code are those of go test; GOFLAGS counts.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = stderr
	events, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(stderr, "gotest:", err)
		return 1
	}
	r := report{out: stdout}
	r.read(events)
	err = cmd.Wait()
	r.summary()
	if err == nil {
		return 0
	}
	if code := cmd.ProcessState.ExitCode(); code > 0 {
		return code
	}
	fmt.Fprintln(stderr, "gotest:", err)
	return 1
}
