package supervise

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/change"
)

// TestMain makes the test binary its own helper: a parent signals and reaps
// all that is its process's, so it has one for itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "helper:restarts" {
		os.Exit(helperRestarts())
	}
	os.Exit(m.Run())
}

// held is what a process holds.
type held struct{ files, threads, goroutines, pages int }

func holds() (h held) {
	debug.FreeOSMemory()
	h.goroutines = runtime.NumGoroutine()
	files, err := os.ReadDir("/proc/self/fd")
	threads, err2 := os.ReadDir("/proc/self/task")
	statm, err3 := os.ReadFile("/proc/self/statm")
	if err != nil || err2 != nil || err3 != nil {
		panic(fmt.Sprint(err, err2, err3))
	}
	h.files, h.threads = len(files), len(threads)
	if _, err := fmt.Sscanf(string(statm), "%d %d", new(int), &h.pages); err != nil {
		panic(err)
	}
	return h
}

// helperRestarts starts a command 1,000 times, and says what it held at the
// 200th and at the last.
func helperRestarts() int {
	environment, err := inject.Merge(os.Environ(), nil, inject.Options{})
	if err != nil {
		panic(err)
	}
	holds() // Go opens what it polls with at the first file
	var p *Parent
	starts := 0
	p = New(Config{
		Command: Command{"/bin/true", []string{"true"}, environment},
		Restart: Always,
		Backoff: Backoff{First: time.Microsecond, Max: time.Microsecond},
		Info: func(format string, _ ...any) {
			if !strings.HasPrefix(format, "started") {
				return
			}
			switch starts++; starts {
			case 200, 1000:
				h := holds()
				fmt.Println(h.files, h.threads, h.goroutines, h.pages)
			}
			if starts == 1000 {
				p.ask(func() { p.change(p.command, change.Action{Kind: change.Exit}) })
			}
		},
	})
	code, err := p.Run()
	if err != nil {
		fmt.Println(err)
	}
	return code
}

func TestNothingLeaksOverRestarts(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "helper:restarts")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	// The last command may have ended by itself, or by the signal of that.
	if exit := cmd.ProcessState.ExitCode(); exit != 0 && exit != 143 {
		t.Fatalf("%v: %s", err, out)
	}
	var early, late held
	if _, err := fmt.Sscan(string(out), &early.files, &early.threads, &early.goroutines, &early.pages,
		&late.files, &late.threads, &late.goroutines, &late.pages); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("after 200 %+v, after 1,000 %+v", early, late)
	if late.files > early.files || late.goroutines > early.goroutines {
		t.Error("descriptors or goroutines leak")
	}
	if late.threads > early.threads+2 { // Go starts one now and then, of its own
		t.Error("threads leak")
	}
	if grown := (late.pages - early.pages) * os.Getpagesize(); grown > 2<<20 && !raceDetector { // which remembers
		t.Errorf("%d bytes more", grown)
	}
}
