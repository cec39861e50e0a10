package main

import (
	"os"
	"runtime/pprof"
)

func init() {
	if p := os.Getenv("BENCH_PROF"); p != "" && len(os.Args) > 1 && os.Args[1] == "served" {
		f, _ := os.Create(p)
		pprof.StartCPUProfile(f)
		stopProf = pprof.StopCPUProfile
	}
}

var stopProf = func() {}
