package help

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// The topics are in a binary that must stay small.
const maxTopics = 40 << 10

func TestShape(t *testing.T) {
	for _, d := range documents(t) {
		lines := strings.Split(strings.TrimSuffix(d.text, "\n"), "\n")
		if d.path == "README.md" && len(lines) > 150 {
			t.Errorf("README.md has %d lines, want 150 at most", len(lines))
		}
		for i, line := range lines {
			isRow := strings.HasPrefix(line, "|") && d.path != "README.md" // cannot be broken
			if n := utf8.RuneCountInString(line); n > 120 && !isRow {
				t.Errorf("%s:%d: %d columns, want 120 at most", d.path, i+1, n)
			}
		}
	}
}

func TestTopics(t *testing.T) {
	readme := readFile(t, "README.md")
	all, total := map[string]bool{}, 0
	for _, topic := range Topics() {
		all[topic.Name+".md"] = true
		total += len(topic.Text)
		if topic.Short == "" || topic.Text != readFile(t, "cmd/squire/internal/help/"+topic.Name+".md") {
			t.Errorf("a topic begins %q: want # NAME: what it answers, in NAME.md", topic.Text[:min(40, len(topic.Text))])
		}
		if !strings.Contains(readme, "](cmd/squire/internal/help/"+topic.Name+".md)") {
			t.Errorf("README.md has no link to %s", topic.Name)
		}
	}
	if total > maxTopics {
		t.Errorf("the topics take %d bytes, want %d at most", total, maxTopics)
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".md") && !all[f.Name()] {
			t.Errorf("%s is not in topics.go", f.Name())
		}
	}
}
