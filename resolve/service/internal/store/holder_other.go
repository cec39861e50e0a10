//go:build !linux && !windows

package store

func lockPIDs(string) []int { return nil }
