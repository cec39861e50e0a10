//go:build !linux

package bolt

func lockPIDs(string) []int { return nil }
