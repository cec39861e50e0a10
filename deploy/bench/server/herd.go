package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const clients, processes = 5000, 1000

// measureHerd is a fleet that starts at once: clients each with a connection
// of its own, then real processes of SQUIRE, the wrapper.
func measureHerd(dir string) error {
	ours, err := startOurs(filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer ours.stop()
	if err := ours.create("db", 20); err != nil {
		return err
	}
	took, failed := herd(clients, func() error { return askOnce(ours.addr, post("/v1/resolve", ours.token, ask)) })
	fmt.Printf("%d clients at once, each its own connection: %d failed (must be 0); p99 <=5 / 2 s: %.2f s\n", clients, failed, took.Seconds())
	if failed > 0 {
		return fmt.Errorf("%d clients failed", failed)
	}
	squire := os.Getenv("SQUIRE")
	if squire == "" {
		fmt.Println("SQUIRE names no binary: its processes are not measured")
		return nil
	}
	took, failed = herd(processes, func() error {
		cmd := exec.Command(squire, "run", "-s", "db:KEY_00", "--", "/bin/true")
		cmd.Env = []string{"SQUIRE_SERVER=http://" + ours.addr, "SQUIRE_TOKEN=" + ours.token, "HOME=" + dir}
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	fmt.Printf("%d processes of squire run at once: %d failed (must be 0); p99 %.2f s\n", processes, failed, took.Seconds())
	if failed > 0 {
		return fmt.Errorf("%d processes failed", failed)
	}
	return nil
}

// herd does one thing n times at once; it returns the 99th percentile, and how
// many failed.
func herd(n int, do func() error) (p99 time.Duration, failed int) {
	took := make([]time.Duration, n)
	errs := make([]error, n)
	var group sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-gate
			began := time.Now()
			errs[i] = do()
			took[i] = time.Since(began)
		})
	}
	close(gate)
	group.Wait()
	for _, err := range errs {
		if err != nil {
			if failed++; failed == 1 {
				fmt.Fprintln(os.Stderr, "bench:", err)
			}
		}
	}
	slices.Sort(took)
	return took[n*99/100], failed
}

func askOnce(addr string, request []byte) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		return err
	}
	_, err = readAnswer(bufio.NewReader(conn))
	return err
}
