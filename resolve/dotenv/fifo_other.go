//go:build !unix

package dotenv

// release does nothing: opening a FIFO does not block on this system.
func release(string, <-chan struct{}) {}
