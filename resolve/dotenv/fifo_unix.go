//go:build unix

package dotenv

import (
	"os"
	"syscall"
	"time"
)

// release frees the goroutine that waits in open(2) for a FIFO's writer, by being one for a moment. It tries for a
// tenth of a second, because that goroutine may not have got there yet; who may not write leaves it waiting.
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
