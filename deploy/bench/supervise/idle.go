//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// measureIdle is what squire takes while nothing changes: 10 files in 3
// folders, a squire.yaml and 9 secrets of a server are watched.
func measureIdle(dir string) error {
	length := time.Minute
	if text := os.Getenv("IDLE"); text != "" {
		seconds, err := time.ParseDuration(text + "s")
		if err != nil {
			return fmt.Errorf("IDLE: want seconds")
		}
		length = seconds
	}
	h, err := served(dir)
	if err != nil {
		return err
	}
	defer h.close()
	args, err := twentySources(h, dir)
	if err != nil {
		return err
	}
	cmd, times, err := h.startChild(args...)
	if err != nil {
		return err
	}
	defer stop(cmd)
	defer times.Close()
	time.Sleep(5 * time.Second) // to settle
	before, err := cpu(cmd.Process.Pid)
	if err != nil {
		return err
	}
	time.Sleep(length)
	after, err := cpu(cmd.Process.Pid)
	if err != nil {
		return err
	}
	memory, err := readMemory(cmd.Process.Pid)
	if err != nil {
		return err
	}
	if err := follows(h, dir, times); err != nil {
		return err
	}
	fmt.Printf("run --watch at rest, 20 sources                                must / aim\n")
	fmt.Printf("CPU over %-4.0fs                            <=10  / 2    %7.2f ms\n", length.Seconds(), (after-before).Seconds()*1e3)
	fmt.Printf("resident                                  <=14  / 9    %7.1f MiB (%.1f of it its own, not of files)\n", memory["VmRSS"], memory["RssAnon"])
	return nil
}

// follows sees that a file and a secret are followed: what follows nothing
// takes nothing.
func follows(h *house, dir string, times *os.File) error {
	change := func(what string, err error) error {
		for range 2 { // the TERM, and the next child
			if err == nil {
				_, err = received(times)
			}
		}
		if err != nil {
			return fmt.Errorf("a change of %s is not seen: %w", what, err)
		}
		return nil
	}
	if err := change("a file", os.WriteFile(filepath.Join(dir, "folder0", "0.env"), []byte("FILE_0=another\n"), 0o600)); err != nil {
		return err
	}
	return change("a secret", h.update("secret0", "SECRET_0", "another"))
}

func twentySources(h *house, dir string) ([]string, error) {
	args := []string{"run", "--watch", "--config", filepath.Join(dir, "squire.yaml")}
	if err := os.WriteFile("squire.yaml", []byte("secrets:\n  - dict: {OF_THE_FILE: value}\n"), 0o600); err != nil {
		return nil, err
	}
	for i := range 10 {
		path := filepath.Join(dir, fmt.Sprint("folder", i%3), fmt.Sprint(i, ".env"))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, fmt.Appendf(nil, "FILE_%d=value\n", i), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "-f", path)
	}
	for i := range 9 {
		name := fmt.Sprint("secret", i)
		if err := h.create(name, fmt.Sprint("SECRET_", i), "value"); err != nil {
			return nil, err
		}
		args = append(args, "-s", name)
	}
	return args, nil
}

// cpu is what all threads of a process have taken, to the nanosecond, with
// those that have ended.
func cpu(pid int) (time.Duration, error) {
	const sched = 2 // CPUCLOCK_SCHED; see clock_getcpuclockid(3)
	var t unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|sched), &t)
	return time.Duration(t.Nano()), err
}

// readMemory is of /proc/PID/status, in MiB.
func readMemory(pid int) (map[string]float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	all := map[string]float64{}
	for line := range strings.Lines(string(b)) {
		var kib float64
		name, rest, _ := strings.Cut(line, ":")
		if _, err := fmt.Sscanf(rest, "%g kB", &kib); err == nil {
			all[name] = kib / 1024
		}
	}
	return all, err
}
