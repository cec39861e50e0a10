package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// What all packages together may allocate before main, whatever the command:
// every container pays for it. An import that brings more fails here; make it
// lazy, or argue for a larger budget in the commit.
const (
	initBytes  = 70_000
	initAllocs = 595
)

func TestInitBudget(t *testing.T) {
	cmd := exec.Command(squireBinary, "version")
	cmd.Env = []string{"GODEBUG=inittrace=1"} // no more: what the runtime makes of an environment counts, too
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	var bytesSum, allocsSum, packages int
	for lines := bufio.NewScanner(&trace); lines.Scan(); {
		var pkg string
		var at, clock float64
		var b, a int
		if _, err := fmt.Sscanf(lines.Text(), "init %s @%g ms, %g ms clock, %d bytes, %d allocs", &pkg, &at, &clock, &b, &a); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		bytesSum, allocsSum, packages = bytesSum+b, allocsSum+a, packages+1
	}
	if packages == 0 {
		t.Fatal("no trace")
	}
	t.Logf("%d packages allocate %d bytes in %d allocations before main", packages, bytesSum, allocsSum)
	if bytesSum > initBytes || allocsSum > initAllocs {
		t.Errorf("%d bytes in %d allocations before main; the budget is %d in %d", bytesSum, allocsSum, initBytes, initAllocs)
	}
}

// The binary's size is a promise too: it is in every image. In bytes.
func TestBinarySize(t *testing.T) {
	info, err := os.Stat(squireBinary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 9<<20 {
		t.Errorf("%d bytes, over 9 MiB", info.Size())
	}
}
