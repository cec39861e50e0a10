//go:build linux

// Command supervise measures what squire does as a parent that watches: at
// rest, when a secret changes, and with the command's output masked. It is
// called by deploy/bench/supervise.sh, with SQUIRE and SQUIRED in the
// environment.
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "copy" {
		copyBare(os.Args[2:])
		return
	}
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: supervise idle|rotate|mask")
		os.Exit(2)
	}
	steps := map[string]func(dir string) error{"idle": measureIdle, "rotate": measureRotation, "mask": measureMask}
	switch step := steps[os.Args[1]]; {
	case os.Args[1] == "child":
		child()
	case step == nil:
		fmt.Fprintf(os.Stderr, "bench: no measurement is called %s\n", os.Args[1])
		os.Exit(2)
	default:
		if err := inFolder(step); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s: %s\n", os.Args[1], err)
			os.Exit(1)
		}
	}
}

// inFolder gives the step a folder of its own, which is also the working one:
// nobody's squire.yaml is in it.
func inFolder(step func(dir string) error) error {
	if os.Getenv("SQUIRE") == "" || os.Getenv("SQUIRED") == "" {
		return errors.New("SQUIRE and SQUIRED name no binaries")
	}
	dir, err := os.MkdirTemp("", "squire-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Chdir(dir); err != nil {
		return err
	}
	return step(dir)
}

func median[T int64 | float64](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}
