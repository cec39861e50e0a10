// Command server measures squired beside a bare net/http handler, in one run:
// each is a process of its own, and this one is the load. What it prints are
// ratios.
package main

import (
	"fmt"
	"os"
)

func main() {
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == "bare":
		err = serveBare(os.Args[2:])
	default:
		err = measure(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
