//go:build unix

package inject

import (
	"slices"
	"strings"
)

// hintCommand is what to type instead of a command that does not exist: one that
// only a shell knows, a whole command line, or a name that is misspelt.
func hintCommand(file string) string {
	switch shell, usage := builtin(file); {
	case isLine(file):
		return "a shell splits a command line into words: squire run -- sh -c " + shellQuote(file)
	case shell != "":
		return "a shell runs it: squire run -- " + shell + " -c '" + usage + "'"
	case strings.Contains(file, "/"):
		return "ls -l " + quote(file)
	case isPlain(file):
		return "check the spelling, or name the file: squire run -- /path/to/" + quote(file) +
			"; an alias or a function is known to your shell alone: squire run -- bash -ic " + quote(file)
	}
	return "check the spelling, or name the file: squire run -- /path/to/" + quote(file)
}

// isLine says whether the name of a command is a command line in one word.
func isLine(file string) bool { return strings.ContainsAny(strings.TrimSpace(file), " \t\n") }

// shownCommand is a command that does not exist, for a message. A whole line may
// hold a value: -u USER:PASSWORD, --token=TOKEN.
func shownCommand(file string) string {
	if isLine(file) && !showsLine(file) {
		return "a command line in one word (not shown)"
	}
	return quote(file)
}

func showsLine(line string) bool {
	return len(line) <= maxPrinted && !strings.ContainsAny(line, "=:@") && strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}

func shellQuote(line string) string {
	if !showsLine(line) {
		return "'COMMAND [ARG...]'"
	}
	return "'" + strings.ReplaceAll(line, "'", `'\''`) + "'"
}

func isPlain(file string) bool {
	return strings.IndexFunc(file, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	}) < 0
}

// builtin says which shell knows a command that is no program, and how it is used.
func builtin(file string) (shell, usage string) {
	in := func(words string) bool { return slices.Contains(strings.Fields(words), file) }
	switch {
	case in("[[ select function time"):
		return "bash", file + " ..."
	case in("if for while until case { ( !"):
		return "sh", file + " ..."
	case in("source bind builtin caller complete declare dirs disown enable history let local mapfile popd pushd readarray shopt typeset"):
		return "bash", file + " ARG... && exec COMMAND"
	case in(". : alias bg break cd command continue eval exec exit export fc fg getopts hash jobs read readonly return set shift times trap type ulimit umask unalias unset wait"):
		return "sh", file + " ARG... && exec COMMAND"
	}
	return "", ""
}
