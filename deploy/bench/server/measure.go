package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// rounds of each measurement are interleaved with those of its peer; the
// median of their ratios is printed.
const rounds, length = 5, 1500 * time.Millisecond

const ask = `{"secrets":[{"environment":"main","name":"db","required_keys":["KEY_00","KEY_01"]}]}`

func measure(args []string) error {
	work, err := os.MkdirTemp("", "squire-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	steps := map[string]func(string) error{
		"start": measureStart, "resolve": measureResolve, "audit": measureAudit, "create": measureCreate, "herd": measureHerd, "million": measureMillion,
	}
	names := args
	if len(names) == 0 {
		names = []string{"start", "resolve", "audit", "create", "herd", "million"}
	}
	for _, name := range names {
		step, ok := steps[name]
		if !ok {
			return fmt.Errorf("no measurement is called %s", name)
		}
		dir := filepath.Join(work, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		if err := step(dir); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// measureResolve is the reads: with the answer, and with none of it.
func measureResolve(dir string) error {
	ours, err := startOurs(filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	defer ours.stop()
	if err := ours.create("db", 20); err != nil {
		return err
	}
	answer, err := ours.send("POST", "/v1/resolve", ask)
	if err != nil {
		return err
	}
	var current struct{ Etag string }
	if err := json.Unmarshal(answer, &current); err != nil {
		return err
	}
	again := ask[:len(ask)-1] + fmt.Sprintf(`,"etag":%q}`, current.Etag)
	for _, row := range []struct {
		what, request string
		conns         int
	}{
		{"resolve, requests a second, over bare      >=0.35 / 0.5", ask, 16},
		{"resolve, requests a second, over bare      >=0.35 / 0.5", ask, 64},
		{"unchanged, requests a second, over bare    >=0.7       ", again, 16},
		{"unchanged, requests a second, over bare    >=0.7       ", again, 64},
	} {
		if err := overBare(row.what, ours.addr, post("/v1/resolve", ours.token, row.request), row.conns); err != nil {
			return err
		}
	}
	return ours.printMemory("memory after load                          <=80 / 50 MB ")
}

func overBare(what, addr string, request []byte, conns int) error {
	first, err := load(addr, same(request), conns, length/4)
	if err != nil {
		return err
	}
	bare, err := start("/proc/self/exe", "bare", fmt.Sprint(first.bodyBytes))
	if err != nil {
		return err
	}
	defer bare.stop()
	var rates, tails []float64
	for range rounds {
		b, err := load(bare.addr, same(request), conns, length)
		if err != nil {
			return err
		}
		o, err := load(addr, same(request), conns, length)
		if err != nil {
			return err
		}
		rates, tails = append(rates, o.perSecond/b.perSecond), append(tails, float64(o.p99)/float64(b.p99))
	}
	fmt.Printf("%s  %2d connections: %.2f; p99 over bare's (<=2 / 1.3 at 64): %.2f\n", what, conns, median(rates), median(tails))
	return nil
}

// measureAudit is what it takes to have the trail on the disk before the
// answer.
func measureAudit(dir string) error {
	var servers [2]*process
	for i, audit := range []string{"-audit=true", "-audit=false"} {
		p, err := startInner(filepath.Join(dir, fmt.Sprint("data", i)), audit)
		if err != nil {
			return err
		}
		defer p.stop()
		if err := p.create("db", 20); err != nil {
			return err
		}
		servers[i] = p
	}
	for _, conns := range []int{16, 64} {
		var ratios []float64
		for range rounds {
			var rates [2]float64
			for i, p := range servers {
				r, err := load(p.addr, same(post("/v1/resolve", p.token, ask)), conns, length)
				if err != nil {
					return err
				}
				rates[i] = r.perSecond
			}
			ratios = append(ratios, rates[0]/rates[1])
		}
		fmt.Printf("audited durably, over without audit        >=0.5 / 0.8   %2d connections: %.2f\n", conns, median(ratios))
	}
	return nil
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
