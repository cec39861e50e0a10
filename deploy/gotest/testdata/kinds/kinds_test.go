// Package kinds has a test of each outcome.
package kinds

import (
	"os"
	"testing"
)

func TestPasses(t *testing.T) { t.Log("not printed") }

func TestSkips(t *testing.T) { t.Skip("no engine here") }

func TestSkipsWithin(t *testing.T) {
	t.Run("a_part", func(t *testing.T) { t.Log("said before"); t.Skipf("needs %s", "root") })
	t.Run("another", func(t *testing.T) { t.SkipNow() })
}

func TestFails(t *testing.T) {
	t.Run("part", func(t *testing.T) {
		if os.Getenv("KINDS") == "fail" {
			t.Error("it failed")
		}
	})
}

func TestPanics(t *testing.T) {
	if os.Getenv("KINDS") == "panic" {
		panic("it panicked")
	}
}
