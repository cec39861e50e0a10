package main

import (
	"fmt"
	"path/filepath"
	"time"
)

// measureStart is a fresh start on an existing store: the first answer, and
// what an idle server takes.
func measureStart(dir string) error {
	data := filepath.Join(dir, "data")
	first, err := startOurs(data)
	if err != nil {
		return err
	}
	err = first.create("db", 20)
	first.stop()
	if err != nil {
		return err
	}
	var times []float64
	var memory float64
	for range rounds {
		began := time.Now()
		p, err := startOurs(data)
		if err != nil {
			return err
		}
		err = askOnce(p.addr, post("/v1/resolve", p.token, ask))
		times = append(times, float64(time.Since(began))/1e6)
		if err == nil {
			memory, err = p.memory()
		}
		p.stop()
		if err != nil {
			return err
		}
	}
	fmt.Printf("first answer after start                   <=60 / 30 ms  %.0f ms\n", median(times))
	fmt.Printf("idle memory                                <=30 / 20 MB  %.0f MiB\n", memory)
	return nil
}
