package help

import (
	"slices"
	"strings"
)

// printed is a topic as it is read in a terminal: a link to another topic, which
// only works on the web, becomes the command that prints it.
func printed(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "](")
		if !found {
			b.WriteString(text)
			return b.String()
		}
		target, after, _ := strings.Cut(rest, ".md)")
		open := strings.LastIndexByte(before, '[')
		if open < 0 || !isTopic(target) {
			b.WriteString(before + "](")
			text = rest
			continue
		}
		b.WriteString(before[:open])
		if label := before[open+1:]; label == target {
			b.WriteString("`squire help " + target + "`")
		} else {
			b.WriteString(label + " (`squire help " + target + "`)")
		}
		text = after
	}
}

func isTopic(name string) bool {
	return slices.ContainsFunc(Topics(), func(t Topic) bool { return t.Name == name })
}
