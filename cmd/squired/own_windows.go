package main

import "os"

func openOwn(path string) (*os.File, error) { return os.Open(path) }

func openLog(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}

// isOwn says yes: who may write is what the folder says.
func isOwn(os.FileInfo) bool { return true }
