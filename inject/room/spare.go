package room

import (
	"runtime"
	"sync"
)

// Spare makes threads that the runtime keeps for later, where processes are
// limited: when a command has filled its cgroup, a thread that the runtime cannot
// make would end the process.
func Spare() {
	if !limited {
		return
	}
	const threads = 6
	var made sync.WaitGroup
	release := make(chan struct{})
	made.Add(threads)
	for range threads {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			made.Done()
			<-release
		}()
	}
	made.Wait()
	close(release)
}
