package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// measureMillion is the same resolve with few and with many secrets stored.
// SECRETS is how many are many.
func measureMillion(dir string) error {
	many := 1_000_000
	if text := os.Getenv("SECRETS"); text != "" {
		var err error
		if many, err = strconv.Atoi(text); err != nil {
			return err
		}
	}
	var servers [2]*process
	for i, count := range []int{10, many} {
		p, err := startOurs(filepath.Join(dir, fmt.Sprint("data", i)))
		if err != nil {
			return err
		}
		defer p.stop()
		if err := p.create("db", 20); err != nil {
			return err
		}
		if err := p.fill(count); err != nil {
			return err
		}
		servers[i] = p
	}
	var ratios []float64
	for range rounds {
		var rates [2]float64
		for i, p := range servers {
			r, err := load(p.addr, same(post("/v1/resolve", p.token, ask)), 16, length)
			if err != nil {
				return err
			}
			rates[i] = r.perSecond
		}
		ratios = append(ratios, rates[0]/rates[1])
	}
	fmt.Printf("resolve with 10 stored, over with %d  <=1.2         16 connections: %.2f\n", many, median(ratios))
	return servers[1].printMemory(fmt.Sprintf("memory with %d stored", many))
}

// fill creates secrets of one key over many connections.
func (p *process) fill(count int) error {
	const conns = 128
	var group sync.WaitGroup
	failed := make(chan error, conns)
	for c := range conns {
		group.Go(func() {
			n := c
			_, _, err := one(p.addr, func(int) []byte {
				if n >= count {
					return nil
				}
				name := fmt.Sprintf("filler-%d", n)
				n += conns
				return post("/v1/secrets", p.token, fmt.Sprintf(`{"environment":"main","name":%q,"env_dict":{"A":"1"}}`, name))
			}, time.Now().Add(time.Hour))
			if err != nil {
				failed <- err
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}
