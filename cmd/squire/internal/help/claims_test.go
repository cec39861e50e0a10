package help

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestCommandsAndFlagsExist holds every call of squire and squired in the
// documents, and every flag, against what the programs have.
func TestCommandsAndFlagsExist(t *testing.T) {
	programs := commands(t)
	anywhere := map[string]bool{}
	for _, p := range programs {
		walk(p, func(c *command) {
			for f := range c.flags {
				anywhere[f] = true
			}
		})
	}
	for _, d := range documents(t) {
		blocks, prose := d.blocks()
		var code []string
		for _, b := range blocks {
			switch b.info {
			case "console", "sh", "dockerfile":
				text := strings.ReplaceAll(b.text(), "\\\n", " ")
				code = append(code, strings.Split(text, "\n")...)
			}
		}
		code = append(code, spans(prose)...)
		checked := 0
		for _, line := range code {
			checked += checkLine(t, d, programs, anywhere, line)
		}
		t.Logf("%s: %d flags and commands", d.path, checked)
	}
}

// TestFlagsAreExplained: each flag of squire run, and of squired, is in some
// topic.
func TestFlagsAreExplained(t *testing.T) {
	var all strings.Builder
	for _, topic := range Topics() {
		all.WriteString(topic.Text)
	}
	words := strings.FieldsFunc(all.String(), func(r rune) bool { return !strings.ContainsRune("-abcdefghijklmnopqrstuvwxyz0123456789", r) })
	explained := func(c *command) {
		for flag := range c.flags {
			long := strings.HasPrefix(flag, "--")
			if long && flag != "--help" && flag != "--version" && !slices.Contains(words, flag) {
				t.Errorf("%s %s is in no topic", c.path, flag)
			}
		}
	}
	explained(commands(t)["squire"].subs["run"])
	walk(commands(t)["squired"], explained)
}

var separate = strings.NewReplacer("$(", " ; ", "(", " ", ")", " ", `"`, " ", ",", " ", "[", " ", "]", " ", "…", " … ", ";", " ; ", "|", " | ")

var assignment = regexp.MustCompile(`^[A-Za-z_]+=`)

// checkLine checks one line of code; it returns how much there was to check.
// Flags that follow a command must be that command's; flags that stand alone,
// those of some command; and what other programs are called with is theirs.
func checkLine(t *testing.T, d document, programs map[string]*command, anywhere map[string]bool, line string) (checked int) {
	t.Helper()
	line, _, _ = strings.Cut(line, " #")
	var in *command // whose flags come
	first, other := true, false
	for _, word := range strings.Fields(separate.Replace(line)) {
		flag, _, _ := strings.Cut(word, "=")
		switch {
		case slices.Contains([]string{";", "|", "&", "&&", "||"}, word):
			in, first, other = nil, true, false
			continue
		case first && (word == "$" || word == "ENTRYPOINT" || assignment.MatchString(word)):
			continue
		case first && programs[word] != nil:
			in = programs[word]
			checked++
		case word == "--":
			in, other = nil, true // what is run has its own
		case other:
		case strings.HasPrefix(word, "-") && len(word) > 1:
			checked++
			if in != nil && !in.flags[flag] {
				t.Errorf("%s: %s has no flag %s", d.path, in.path, flag)
			} else if !anywhere[flag] {
				t.Errorf("%s: no command has the flag %s", d.path, flag)
			}
		case in != nil && in.subs[word] != nil:
			in = in.subs[word]
			checked++
			if strings.HasSuffix(in.path, " help") {
				in, other = nil, true // see TestHelpIsThere
			}
		case in != nil && len(in.subs) > 0 && isName.MatchString(word) && word != "commands":
			t.Errorf("%s: %s has no command %s", d.path, in.path, word)
		case first:
			other = true
		}
		first = false
	}
	return checked
}

var isName = regexp.MustCompile(`^[a-z][a-z-]+$`)

// TestHelpIsThere asks for all that the documents send to `squire help`.
func TestHelpIsThere(t *testing.T) {
	call := regexp.MustCompile(`squire help ([a-z][a-z.-]*(?: [a-z-]+)*)`)
	for _, d := range documents(t) {
		for _, m := range call.FindAllStringSubmatch(d.text, -1) {
			if out, err := squire(strings.Fields("help " + m[1])...); err != nil {
				t.Errorf("%s: squire help %s: %v\n%s", d.path, m[1], err, out)
			}
		}
	}
}

// TestVariablesExist: each SQUIRE_ and SQUIRED_ variable is that of a flag, or
// one that has no flag; and variables.md has all of those.
func TestVariablesExist(t *testing.T) {
	known := map[string]bool{"SQUIRED_PORT": true} // what Kubernetes makes for a Service
	for _, program := range commands(t) {
		walk(program, func(c *command) {
			for _, name := range c.variables {
				known[name] = true
			}
		})
	}
	variables := readFile(t, "cmd/squire/internal/help/variables.md")
	for _, name := range withoutFlag(t) {
		if strings.HasPrefix(name, "SQUIRE_") && !known[name] && !strings.Contains(variables, name) {
			t.Errorf("variables.md does not say %s", name)
		}
		known[name] = true
	}
	mention := regexp.MustCompile(`\bSQUIRED?_[A-Z0-9_]*[A-Z0-9]\b`)
	for _, d := range documents(t) {
		for _, name := range mention.FindAllString(d.text, -1) {
			if !known[name] {
				t.Errorf("%s: there is no variable %s", d.path, name)
			}
		}
	}
}

// withoutFlag are the variables that caarlos0/env reads, by the tags in the
// sources of both programs and of the providers. Some have a flag too.
func withoutFlag(t *testing.T) (names []string) {
	t.Helper()
	tag := regexp.MustCompile("`env:\"([A-Z_]+)")
	read := func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		prefix := "SQUIRE_"
		if strings.Contains(filepath.ToSlash(path), "/squired/") {
			prefix = "SQUIRED_"
		}
		for _, m := range tag.FindAllStringSubmatch(string(b), -1) {
			names = append(names, prefix+m[1])
		}
		return nil
	}
	err := errors.Join(filepath.WalkDir(filepath.Join(root, "cmd"), read), filepath.WalkDir(filepath.Join(root, "resolve/provider"), read))
	if err != nil || len(names) == 0 {
		t.Fatalf("no variables in the sources: %v", err)
	}
	return names
}

// TestLinksResolve: each relative link leads to a file, and each #fragment to
// a heading in it.
func TestLinksResolve(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, d := range documents(t) {
		_, prose := d.blocks()
		for _, m := range link.FindAllStringSubmatch(strings.Join(prose, "\n"), -1) {
			target, fragment, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			path := d.path
			if target != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(d.path), target))
			}
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s: the link %s leads nowhere", d.path, m[1])
			} else if fragment != "" && !slices.Contains(headings(readFile(t, path)), fragment) {
				t.Errorf("%s: %s has no heading #%s", d.path, path, fragment)
			}
		}
	}
}

// TestPathsExist: what is set as code and begins as a path of the repository
// is one.
func TestPathsExist(t *testing.T) {
	path := regexp.MustCompile(`^(cmd|inject|resolve|deploy|\.ci)(/[\w.-]+)*$`)
	for _, d := range documents(t) {
		_, prose := d.blocks()
		for _, span := range spans(prose) {
			if path.MatchString(span) {
				if _, err := os.Stat(filepath.Join(root, span)); err != nil {
					t.Errorf("%s: there is no %s", d.path, span)
				}
			}
		}
	}
}

// headings are the fragments that GitHub makes of the headings of a text.
func headings(text string) (all []string) {
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "#") {
			line = strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
			line = regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(line, "")
			all = append(all, strings.ReplaceAll(line, " ", "-"))
		}
	}
	return all
}

// TestMakeTargetsExist: each `make X` is one of the Makefile.
func TestMakeTargetsExist(t *testing.T) {
	makefile := readFile(t, "Makefile")
	target := regexp.MustCompile(`\bmake ([a-z][a-z-]+)`)
	for _, d := range documents(t) {
		blocks, prose := d.blocks()
		code := strings.Join(spans(prose), "\n")
		for _, b := range blocks {
			code += "\n" + b.text()
		}
		for _, m := range target.FindAllStringSubmatch(code, -1) {
			if !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: the Makefile has no target %s", d.path, m[1])
			}
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
