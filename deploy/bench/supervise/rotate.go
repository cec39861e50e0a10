//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// rotations is how often the secret changes.
const rotations = 31

// measureRotation is from the acknowledged update to the child's TERM.
func measureRotation(dir string) error {
	fmt.Println("from an acknowledged update to the child's TERM                must / aim")
	for _, of := range []struct {
		what string
		open func(dir string) (*house, error)
	}{{"squired", served}, {"the embedded store", embedded}} {
		h, err := of.open(dir)
		if err != nil {
			return err
		}
		took, err := rotate(h)
		h.close()
		if err != nil {
			return fmt.Errorf("%s: %w", of.what, err)
		}
		least, most := took[0], took[0]
		for _, t := range took {
			least, most = min(least, t), max(most, t)
		}
		fmt.Printf("%-18s median of %d             <=50  / 10   %7.2f ms (%.2f to %.2f)\n", of.what, len(took), ms(median(took)), ms(least), ms(most))
	}
	return nil
}

func ms(nanoseconds int64) float64 { return float64(nanoseconds) / 1e6 }

func rotate(h *house) (took []int64, err error) {
	if err := h.create("db", "PASSWORD", "the first"); err != nil {
		return nil, err
	}
	cmd, times, err := h.startChild("run", "--watch", "--debounce", "0s", "-s", "db")
	if err != nil {
		return nil, err
	}
	defer stop(cmd)
	defer times.Close()
	for i := range rotations + 1 {
		// At rest, and not in step with anything that it does by the clock.
		time.Sleep(150*time.Millisecond + rand.N(50*time.Millisecond))
		if err := h.update("db", "PASSWORD", fmt.Sprint("number ", i)); err != nil {
			return nil, err
		}
		acknowledged := now()
		term, err := received(times)
		if err != nil {
			return nil, fmt.Errorf("no TERM: %w", err)
		}
		if _, err := received(times); err != nil { // the next child
			return nil, fmt.Errorf("no next child: %w", err)
		}
		if i > 0 { // the first one warms up
			took = append(took, term-acknowledged)
		}
	}
	return took, nil
}
