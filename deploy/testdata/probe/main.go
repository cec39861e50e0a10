// Command probe says what process it is: a container's command, for tests.
package main

import (
	"encoding/json"
	"os"
	"strconv"
)

func main() {
	exe, _ := os.Readlink("/proc/1/exe")
	_, writeErr := os.Create("/written")
	entries, _ := os.ReadDir("/proc/self/fd")
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"pid": os.Getpid(), "uid": os.Getuid(), "args": os.Args, "environ": os.Environ(),
		"exe": exe, "read_only": writeErr != nil, "descriptors": len(entries),
	})
	if len(os.Args) > 1 {
		code, _ := strconv.Atoi(os.Args[1])
		os.Exit(code)
	}
}
