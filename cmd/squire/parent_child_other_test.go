//go:build !linux

package main

import "syscall"

// child is of no use where the tests of the parent do not run.
func child([]string) int { return 125 }

func notIgnored(...syscall.Signal) {}
