//go:build linux

package main

import (
	"errors"
	"fmt"
	"strconv"
	"syscall"
)

// tryRestart changes the secret right after the server came back.
func (f *fleet) tryRestart() error {
	f.server.end(syscall.SIGTERM)
	if err := f.server.start(); err != nil {
		return err
	}
	took, err := f.reach()
	if err != nil {
		return fmt.Errorf("after a restart of the server: %w", err)
	}
	fmt.Printf("the same right after a restart of the server                 %7.0f ms\n", ms(took))
	return settle(f.pids())
}

// tryKill kills the server in the moment when an update was acknowledged.
func (f *fleet) tryKill() error {
	acknowledged, want, err := f.change()
	if err != nil {
		return err
	}
	f.server.end(syscall.SIGKILL)
	if err := f.server.start(); err != nil {
		return err
	}
	last, err := f.reports.wait(want, startTimeout)
	if err != nil {
		return fmt.Errorf("after a kill of the server: %w", err)
	}
	fmt.Printf("the same where the server is killed at once, and started     %7.0f ms\n", ms(last-acknowledged))
	return settle(f.pids())
}

// countStarts is the end: after a last change each wrapper must have started
// one child for each change.
func (f *fleet) countStarts() error {
	if _, err := f.reach(); err != nil {
		return err
	}
	if err := settle(f.pids()); err != nil {
		return err
	}
	var lost, twice int
	for _, id := range ids(len(f.wrappers)) {
		for marker := f.began; marker <= f.changes; marker++ {
			switch n := f.reports.count(id, strconv.Itoa(marker)); {
			case n == 0:
				lost++
			case n > 1:
				twice++
			}
		}
	}
	fmt.Printf("%d wrappers, %d changes: lost %d, started twice %d (must be 0)\n", len(f.wrappers), f.changes-f.began, lost, twice)
	if lost+twice > 0 {
		return errors.New("a change was lost, or a child started twice for one")
	}
	return nil
}
