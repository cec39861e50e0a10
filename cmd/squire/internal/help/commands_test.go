package help

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// command is one command of a program as its --help shows it.
type command struct {
	path      string          // "squire secret create"
	flags     map[string]bool // "--json", "-E"
	variables []string        // those of its flags
	subs      map[string]*command
}

var (
	flagLine = regexp.MustCompile(`^ +(?:(-[A-Za-z]), )?(--[a-z0-9-]+)`)
	varName  = regexp.MustCompile(`\(\$(SQUIRED?_[A-Z_]+)\)`)
	subLine  = regexp.MustCompile(`^  ([a-z-]+) +[A-Z]`)
)

// tree is both programs with all their commands, read once.
var tree = sync.OnceValues(func() (map[string]*command, error) {
	all := map[string]*command{}
	for _, program := range []string{"squire", "squired"} {
		c, err := read(program)
		if err != nil {
			return nil, err
		}
		all[program] = c
	}
	return all, nil
})

func commands(t *testing.T) map[string]*command {
	t.Helper()
	all, err := tree()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// read asks a command for its --help: what users see is what there is,
// however the program is made.
func read(path ...string) (*command, error) {
	c := &command{path: strings.Join(path, " "), flags: map[string]bool{}, subs: map[string]*command{}}
	args := append(append([]string{}, path[1:]...), "--help")
	out, err := exec.Command(filepath.Join(programs, path[0]), args...).Output()
	if err != nil {
		return nil, err
	}
	section := ""
	for _, line := range strings.Split(string(out), "\n") {
		if line != "" && line[0] != ' ' {
			section = line
			continue
		}
		switch section {
		case "Flags:", "Global Flags:":
			if m := flagLine.FindStringSubmatch(line); m != nil {
				c.flags[m[2]] = true
				if v := varName.FindStringSubmatch(line); v != nil {
					c.variables = append(c.variables, v[1])
				}
				if m[1] != "" {
					c.flags[m[1]] = true
				}
			}
		case "Available Commands:":
			if m := subLine.FindStringSubmatch(line); m != nil {
				if m[1] == "help" || m[1] == "completion" {
					c.subs[m[1]] = &command{path: c.path + " " + m[1], flags: map[string]bool{}}
					continue
				}
				if c.subs[m[1]], err = read(append(path[:len(path):len(path)], m[1])...); err != nil {
					return nil, err
				}
			}
		}
	}
	return c, nil
}

// walk calls visit with every command.
func walk(c *command, visit func(*command)) {
	visit(c)
	for _, sub := range c.subs {
		walk(sub, visit)
	}
}
