package help

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// root is the top of the repository, as seen from here.
const root = "../../../.."

// programs is a folder with the real squire and squired, which the documents
// are held against.
var programs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "squire-help-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		programs = dir
		build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "./cmd/squire", "./cmd/squired")
		build.Dir = root
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// document is one file that is held against the programs.
type document struct {
	path string // from root
	text string
}

func (d document) name() string { return strings.ReplaceAll(d.path, "/", "_") }

// documents are README.md, what is in .github, and the topics.
func documents(t *testing.T) (all []document) {
	t.Helper()
	paths := []string{"README.md"}
	for _, pattern := range []string{".github/*.md", "cmd/squire/internal/help/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			rel, err := filepath.Rel(root, f)
			if err != nil {
				t.Fatal(err)
			}
			paths = append(paths, filepath.ToSlash(rel))
		}
	}
	for _, p := range paths {
		b, err := os.ReadFile(filepath.Join(root, p))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, document{p, string(b)})
	}
	return all
}

// block is a fenced block of a document.
type block struct {
	info  string // what follows the fence: console, yaml squire.yaml, ...
	line  int    // of its first line, from 1
	lines []string
}

func (b block) text() string { return strings.Join(b.lines, "\n") + "\n" }

// blocks are the fenced blocks of a document, and prose are the lines outside.
func (d document) blocks() (all []block, prose []string) {
	var current *block
	for i, line := range strings.Split(d.text, "\n") {
		line = strings.TrimPrefix(line, "  ") // in a list
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && current == nil:
			current = &block{info: fence, line: i + 2}
		case isFence:
			all, current = append(all, *current), nil
		case current != nil:
			current.lines = append(current.lines, line)
		default:
			prose = append(prose, line)
		}
	}
	return all, prose
}

// spans are the texts in prose that are set as code.
func spans(prose []string) (all []string) {
	parts := strings.Split(strings.Join(prose, "\n"), "`")
	for i := 1; i < len(parts); i += 2 {
		all = append(all, strings.ReplaceAll(parts[i], "\n", " "))
	}
	return all
}
