//go:build unix

package dotenv

import (
	"os"
	"syscall"
	"time"
)

// release ends the goroutine that waits in open(2) for the writer of a FIFO, by opening it for writing. It tries for
// 0.1 seconds, since that goroutine may not have reached open yet. Without permission to write, the goroutine remains.
func release(path string, done <-chan struct{}) {
	for range 100 {
		if w, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			w.Close()
		}
		select {
		case <-done:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
