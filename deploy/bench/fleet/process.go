//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpu is what each process has taken, in nanoseconds: the sum over its threads
// of what their schedstat says, with those that have ended, without children.
func cpu(pids []int) ([]int64, error) {
	const sched = 2 // CPUCLOCK_SCHED; see clock_getcpuclockid(3)
	all := make([]int64, len(pids))
	for i, pid := range pids {
		var t unix.Timespec
		if err := unix.ClockGettime(int32(^pid<<3|sched), &t); err != nil {
			return nil, fmt.Errorf("process %d is gone: %w", pid, err)
		}
		all[i] = t.Nano()
	}
	return all, nil
}

// settle returns when the processes rest.
func settle(pids []int) error {
	const look, rests = 500 * time.Millisecond, 20 * time.Microsecond // for each of them
	deadline := time.Now().Add(startTimeout)
	for before := int64(-1); time.Now().Before(deadline); time.Sleep(look) {
		all, err := cpu(pids)
		if err != nil {
			return err
		}
		sum := int64(0)
		for _, one := range all {
			sum += one
		}
		if before >= 0 && sum-before < int64(len(pids))*int64(rests) {
			return nil
		}
		before = sum
	}
	return errors.New("the wrappers do not come to rest")
}

// memory is a value of smaps_rollup or status of a process, in MiB.
func memory(pid int, file, name string) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if rest, found := strings.CutPrefix(in.Text(), name+":"); found {
			var kib float64
			_, err := fmt.Sscanf(rest, "%g kB", &kib)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in %s", name, f.Name())
}

func (f *fleet) printMemory() error {
	var all []float64
	for _, pid := range f.pids() {
		pss, err := memory(pid, "smaps_rollup", "Pss")
		if err != nil {
			return err
		}
		all = append(all, pss)
	}
	server, err := memory(f.server.cmd.Process.Pid, "status", "VmRSS")
	if err != nil {
		return err
	}
	fmt.Printf("%d wrappers: proportional set of one, median                   %7.2f MiB\n", len(all), median(all))
	fmt.Printf("%d wrappers: resident set of the server                        %7.1f MiB\n", len(all), server)
	return nil
}
