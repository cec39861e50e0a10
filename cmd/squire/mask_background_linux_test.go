package main

import (
	"strings"
	"testing"
)

// While a shell's line editor has the terminal, it is set for that.
func TestMaskBeginsInTheBackground(t *testing.T) {
	s := newShell(t)
	put(t, s.dir+"/script", `until [ -e go ]; do sleep 0.01; done
exec squire run --mask -e K=abcdefgh -- sh -c 'stty -a; echo "modes end."; read k; echo "got $k."'`)
	s.enter(`PS1='a pro''mpt ' exec bash --norc --noprofile -i`).expect("a prompt")
	s.enter("sh script &").expect("a prompt")
	put(t, s.dir+"/go", "")
	if modes := s.expect("modes end."); strings.Contains(modes, "-icanon") || strings.Contains(modes, "-icrnl") || strings.Contains(modes, "-echo ") {
		t.Error(modes)
	}
	s.keys("fg\r").expect("script")
	s.keys("a line\r").expect("got a line.")
}
