// Package help is the help command: `squire help` lists the commands and the
// topics, `squire help TOPIC` prints a topic, and `squire help COMMAND...` what
// COMMAND --help prints.
//
// A topic answers one question. It is a Markdown file of this folder, NAME.md,
// and its first line is "# NAME: what it answers". To add one, add
// the file, its line in topics.go, and a link in README.md; the tests hold what
// it says: flags, variables, links, squire.yaml blocks and console examples.
//
// The package promises no compatibility.
package help

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/typo"
)

// Topic is one question.
type Topic struct {
	Name  string
	Short string // what it answers, in one line
	Text  string // the whole, in Markdown
}

// Command is the help command of a root.
func Command() *cobra.Command {
	return &cobra.Command{
		Use:   "help [TOPIC | COMMAND...]",
		Short: "Explain a topic or a command",
		Long:  "help lists the commands and the topics, or explains one of them.",
		// Help must be there when the settings are what is wrong.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			return complete(cmd.Root(), args), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return list(cmd.OutOrStdout(), cmd.Root())
			}
			return show(cmd, args)
		},
	}
}

// show prints a topic, a command's help, or both where both have the name.
func show(help *cobra.Command, args []string) error {
	found := false
	if len(args) == 1 {
		for _, t := range Topics() {
			if t.Name == args[0] {
				found = true
				if _, err := io.WriteString(help.OutOrStdout(), printed(t.Text)); err != nil {
					return err
				}
			}
		}
	}
	root := help.Root()
	target, rest, err := root.Find(args)
	if isCommand := err == nil && target != root && len(rest) == 0; isCommand {
		if found {
			fmt.Fprintln(help.OutOrStdout())
		}
		target.InitDefaultHelpFlag()
		return target.Help()
	}
	if found {
		return nil
	}
	// What was typed is not repeated: it may be a secret.
	unknown := cli.Usagef("%s: no such topic or command", help.CommandPath())
	switch near := nearest(root, args[0]); {
	case err == nil && target != root: // it has no such subcommand
		return resolve.WithHint(unknown, "squire help%s", strings.TrimPrefix(target.CommandPath(), root.Name()))
	case near != "":
		return resolve.WithHint(unknown, "did you mean %s? squire help %s", near, near)
	}
	return resolve.WithHint(unknown, "squire help")
}

// list prints a line for each command and each topic.
func list(w io.Writer, root *cobra.Command) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nCommands (squire help COMMAND):\n", root.Long)
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(&b, "  %-15s %s\n", c.Name(), c.Short)
		}
	}
	b.WriteString("\nTopics (squire help TOPIC):\n")
	for _, t := range Topics() {
		fmt.Fprintf(&b, "  %-15s %s\n", t.Name, t.Short)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// nearest is the topic or command that a mistyped or shortened name stands for.
func nearest(root *cobra.Command, typed string) string {
	for _, name := range complete(root, nil) {
		name, _, _ = strings.Cut(name, "\t")
		if typo.Of(name, typed) || len(typed) > 2 && strings.Contains(name, typed) {
			return name
		}
	}
	return ""
}

// complete gives what may follow args, each with a description after a tab.
func complete(root *cobra.Command, args []string) []string {
	parent, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		return nil
	}
	var all []string
	if parent == root {
		for _, t := range Topics() {
			all = append(all, t.Name+"\t"+t.Short)
		}
	}
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			all = append(all, c.Name()+"\t"+c.Short)
		}
	}
	return all
}
