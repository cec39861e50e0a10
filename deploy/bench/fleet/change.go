//go:build linux

package main

import (
	"fmt"
	"os"
)

const (
	changeRounds = 5
	// startsARound is how many single starts each change is compared with.
	startsARound = 21
)

// measureChange is from an acknowledged update to the last new child, over as
// many starts of the same child one after another.
func (f *fleet) measureChange() error {
	var took, starts, ratios []float64
	for range changeRounds {
		one, err := f.startsAlone()
		if err != nil {
			return err
		}
		all, err := f.reach()
		if err != nil {
			return err
		}
		if err := settle(f.pids()); err != nil {
			return err
		}
		took, starts, ratios = append(took, ms(all)), append(starts, ms(one)), append(ratios, float64(all)/float64(one)/float64(len(f.wrappers)))
	}
	fmt.Printf("acknowledged update to the last of %d children  <=0.28 / 0.18 %7.2f x, medians of %d changes; load average %s\n", len(f.wrappers), median(ratios), changeRounds, load())
	fmt.Printf("  (%.0f ms, over %d starts by run -s of %.2f ms)\n", median(took), len(f.wrappers), median(starts))
	return nil
}

// startsAlone is how long one start of the child by run -s takes.
func (f *fleet) startsAlone() (int64, error) {
	var took []int64
	for i := range startsARound {
		id := fmt.Sprintf("alone%d.%d", f.changes, i)
		want := f.reports.expect(f.marker(), id)
		cmd := f.command(id, os.Getenv("SQUIRE"), "run", "-s", secret, "--")
		begun := now()
		if err := cmd.Start(); err != nil {
			return 0, err
		}
		ran, err := f.reports.wait(want, startTimeout)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if err != nil {
			return 0, err
		}
		took = append(took, ran-begun)
	}
	return median(took), nil
}
