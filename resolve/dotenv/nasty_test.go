package dotenv

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tokens are the parts of nasty inputs, mostly syntax. A token that is listed more often is used more often.
var tokens = strings.Split("A|A|A|B|B|x|é|=|=|=|=|=|=|'|'|'|'|\"|\"|\"|\"|\\|\\|\\|\\n|\\'|\\\"|#|#|#| | | | |\t|\v|\x1c|\u0085|\u00a0|"+
	"\u2028|\u200b|\n|\n|\n|\n|\n|\n|\r|\r\n|export|export |export |$|{|}|:|-|:-|${|${|${|${A}|${B}|${A:-|${X:-d}|${HOME}|${EMPTY:-x}|"+
	"\x00|\ufeff|A=|B=|A=\"|B='|A='|\nA=|\nB=|\nA\n|' |\" #", "|")

// nasty makes n inputs from a seed; for 0 it takes a seed from the clock and logs it.
func nasty(t *testing.T, seed uint64, n int) []string {
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	inputs := make([]string, n)
	for i := range inputs {
		var b strings.Builder
		for range 1 + r.IntN(10<<r.IntN(4)) {
			b.WriteString(tokens[r.IntN(len(tokens))])
		}
		inputs[i] = b.String()
	}
	return inputs
}

// seeds are realistic files; each has a golden file.
var seeds = []string{
	"compose.dotenv", "rails.dotenv", "windows.dotenv", "pem.dotenv", "interpolation.dotenv", "comments.dotenv", "shell.dotenv", "broken.dotenv",
}

// eachSeed runs a test on each seed and fails when one is missing.
func eachSeed(t *testing.T, test func(*testing.T, []byte)) {
	for _, name := range seeds {
		t.Run(name, func(t *testing.T) { test(t, readSeed(t, name)) })
	}
}

func readSeed(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "seeds", name))
	if err != nil || len(data) == 0 {
		tb.Fatalf("a seed is missing or empty: %v", err)
	}
	return data
}
