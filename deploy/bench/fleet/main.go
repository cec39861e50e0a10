//go:build linux

// Command fleet measures many wrappers, each with a child, that watch one
// secret of one squired: what a change takes of each, how long it takes to
// reach the last, and whether it reaches them all, once each, when the server
// was restarted or killed meanwhile. It is called by deploy/bench/fleet.sh.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: fleet FOLDER, with SQUIRE, SQUIRED, REPORT and MINIMALRESTART in the environment")
		os.Exit(2)
	}
	if err := measure(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "bench: fleet:", err)
		os.Exit(1)
	}
}

// small is how many wrappers the CPU of one is measured with; fewer where the
// whole fleet is smaller.
const small = 100

func measure(dir string) error {
	size := 1000
	if text := os.Getenv("FLEET"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("FLEET: want a number of wrappers")
		}
		size = n
	}
	f, err := newFleet(dir)
	if err != nil {
		return err
	}
	defer f.close()
	steps := []func() error{
		func() error { return f.start(min(small, size)) },
		f.measureCPU,
		// What a wrapper waits for by default is no work: half a second.
		func() error { f.stop(); return f.start(size, "--debounce", "0s") },
		f.printMemory,
		f.measureChange,
		f.tryRestart,
		f.tryKill,
		f.countStarts,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("%w%s", err, f.logTail())
		}
	}
	return nil
}

func median[T int64 | float64](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

func ms(nanoseconds int64) float64 { return float64(nanoseconds) / 1e6 }

// load says how busy the machine is: the times below are worth as much as it is
// quiet.
func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(b), " ")
	return first
}

// logTail are the last messages of the wrappers and the server.
func (f *fleet) logTail() string {
	b, _ := os.ReadFile(filepath.Join(f.dir, "log"))
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return "\n" + strings.Join(lines[max(len(lines)-5, 0):], "\n")
}
