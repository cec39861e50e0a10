// Command stays is a container's command that runs until it is asked to end:
//
//	stays              until TERM ends it
//	stays CODE         until TERM, and ends with CODE
//	stays orphans N    leaves N orphans, and waits until somebody has reaped all
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

func main() {
	switch args := os.Args[1:]; {
	case len(args) == 0:
		fmt.Println("ready")
		for {
			time.Sleep(time.Hour)
		}
	case len(args) == 1:
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		fmt.Println("ready")
		<-term
		code, _ := strconv.Atoi(args[0])
		os.Exit(code)
	case args[0] == "orphans":
		n, _ := strconv.Atoi(args[1])
		for range n { // each has a child of its own, and leaves it
			if err := exec.Command("/proc/self/exe", "leave", "one", "behind").Run(); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
		for others() > 0 {
			time.Sleep(time.Millisecond)
		}
		fmt.Println("all reaped by process", os.Getppid())
	case args[0] == "leave":
		if err := exec.Command("/proc/self/exe", "end", "at", "once", "please").Start(); err != nil {
			os.Exit(1)
		}
	}
}

// others counts the processes, zombies too, beside this one and the first.
func others() (n int) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		stat, err := os.ReadFile(path)
		pid, _, _ := bytes.Cut(stat, []byte(" "))
		if id, _ := strconv.Atoi(string(pid)); err == nil && id != 1 && id != os.Getpid() {
			n++
		}
	}
	return n
}
