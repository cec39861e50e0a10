//go:build !unix

package dotenv

// release has nothing to do: there are no FIFOs here that block when they are opened.
func release(string, <-chan struct{}) {}
