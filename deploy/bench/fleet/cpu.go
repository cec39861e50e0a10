//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// cpuRounds is how many changes the CPU of one is measured with.
const cpuRounds = 7

// measureCPU is the CPU of a wrapper for one change, beside that of
// deploy/bench/minimalrestart for the restart alone, as many of them at once.
func (f *fleet) measureCPU() error {
	minimal, err := f.startMinimal(len(f.wrappers))
	defer func() {
		for _, pid := range minimal {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
	}()
	if err != nil {
		return err
	}
	var ours, theirs, ratios []float64
	for round := range cpuRounds + 1 {
		o, err := taken(f.pids(), func() error { _, err := f.reach(); return err })
		if err != nil {
			return err
		}
		t, err := taken(minimal, func() error {
			want := f.reports.expect(strconv.Itoa(round+1), minimalIDs(len(minimal))...)
			for _, pid := range minimal {
				if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
					return err
				}
			}
			_, err := f.reports.wait(want, startTimeout)
			return err
		})
		if err != nil {
			return err
		}
		if round > 0 { // the first one warms up
			ours, theirs, ratios = append(ours, o), append(theirs, t), append(ratios, o/t)
		}
	}
	fmt.Printf("CPU of one of %d wrappers for one change       <=1.8 / 1.0   %7.2f ms, medians of %d changes; load average %s\n", len(f.wrappers), median(ours), cpuRounds, load())
	fmt.Printf("  over that of the minimal Go program for the restart alone   %6.2f x (%.2f ms)\n", median(ratios), median(theirs))
	return nil
}

// taken is the median CPU of the processes for what is done, in milliseconds.
func taken(pids []int, do func() error) (float64, error) {
	before, err := cpu(pids)
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	if err := settle(pids); err != nil {
		return 0, err
	}
	after, err := cpu(pids)
	if err != nil {
		return 0, err
	}
	for i := range after {
		after[i] -= before[i]
	}
	return ms(median(after)), nil
}

// startMinimal starts n of deploy/bench/minimalrestart.
func (f *fleet) startMinimal(n int) (pids []int, err error) {
	ids := minimalIDs(n)
	want := f.reports.expect("0", ids...)
	for _, id := range ids {
		cmd := f.command(id, os.Getenv("MINIMALRESTART"))
		if err := cmd.Start(); err != nil {
			return pids, err
		}
		go func() { _ = cmd.Wait() }()
		pids = append(pids, cmd.Process.Pid)
	}
	_, err = f.reports.wait(want, startTimeout)
	return pids, err
}

func minimalIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint("minimal", i)
	}
	return ids
}
