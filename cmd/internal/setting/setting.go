// Package setting settles the flags of a command: what was not typed comes from
// the flag's variable, else from a file. Start with Annotate: the annotations of
// a flag say where it may come from, so that a new flag needs no other list.
//
// It promises that no error holds the text of a setting: it may be a value. It
// makes no promise of compatibility.
package setting

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
)

// Mark is an annotation of a flag.
type Mark string

const (
	// InFile: it may be set by a file, too.
	InFile Mark = "squire_in_file"
	// InNamedFile: likewise, but only by a file that the user named.
	InNamedFile Mark = "squire_in_named_file"
	// Several: in a file a list of it is several values.
	Several Mark = "squire_several"
	// Path: a relative path of a file counts from that file's folder.
	Path Mark = "squire_path"
	// Guarded: a variable whose name is one letter off its own is refused.
	Guarded Mark = "squire_guarded"
	// Adds: its variable adds to what was typed; Fill leaves it to the caller.
	Adds Mark = "squire_adds"
	// Inherited: its variable says where things are, so that the commands that
	// this one starts inherit it.
	Inherited Mark = "squire_inherited"

	variable Mark = "squire_variable" // its name without the prefix
	list     Mark = "squire_list"     // the variable holds several: see Split
	rivals   Mark = "squire_rivals"   // the flags that it outranks, wherever they are set
)

// Annotate marks flags. They share one map of annotations: a map for each would
// be a quarter of what a start allocates.
func Annotate(flags *pflag.FlagSet, names []string, marks ...Mark) {
	shared := annotations(len(marks), marks)
	for _, name := range names {
		f := flags.Lookup(name)
		if f.Annotations == nil {
			f.Annotations = shared
			continue
		}
		for _, m := range marks {
			annotate(f, m)
		}
	}
}

// List marks a flag that can be given several times. Its variable, which is in
// the plural, holds them as Split reads it.
func List(flags *pflag.FlagSet, name, plural string, marks ...Mark) {
	f := flags.Lookup(name)
	own := annotations(len(marks)+2, marks)
	own[string(list)], own[string(variable)] = nil, []string{plural}
	maps.Copy(own, f.Annotations)
	f.Annotations = own
}

func annotations(size int, marks []Mark) map[string][]string {
	m := make(map[string][]string, size)
	for _, mark := range marks {
		m[string(mark)] = nil
	}
	return m
}

// Rivals says that each of these flags, where it is typed, outranks the variables
// of them all.
func Rivals(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		annotate(flags.Lookup(name), rivals, names...)
	}
}

// annotate leaves the map as it was: others may have it.
func annotate(f *pflag.Flag, m Mark, values ...string) {
	own := map[string][]string{string(m): values}
	for key, v := range f.Annotations {
		if _, ours := own[key]; !ours {
			own[key] = v
		}
	}
	f.Annotations = own
}

// Has says whether a flag is marked.
func Has(f *pflag.Flag, m Mark) bool {
	_, ok := f.Annotations[string(m)]
	return ok
}

// Variable is the name of a flag's variable: a prefix such as SQUIRE_ and the
// flag in upper case, with _ for -. It is "" for the flags of cobra's own.
func Variable(prefix string, f *pflag.Flag) string {
	if plural := f.Annotations[string(variable)]; plural != nil {
		return prefix + plural[0]
	}
	if _, own := f.Annotations[cobra.FlagSetByCobraAnnotation]; own {
		return ""
	}
	return prefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// Field is the name of a flag in a file, and Flag the flag of such a name.
func Field(flag string) string { return strings.ReplaceAll(flag, "-", "_") }
func Flag(field string) string { return strings.ReplaceAll(field, "_", "-") }

// Changed are the flags that something has set, and those that these outrank.
func Changed(flags *pflag.FlagSet) map[string]bool {
	changed := map[string]bool{}
	flags.Visit(func(f *pflag.Flag) {
		for _, rival := range f.Annotations[string(rivals)] {
			changed[rival] = true
		}
		changed[f.Name] = true
	})
	return changed
}

// CheckTexts refuses the flags that hold an empty text although they are set: a
// shell variable that is not set must not mean the default, which may be more
// than what was meant. It refuses paths that only a shell completes, too: see
// cli.CheckShell; no text of another kind looks like one.
func CheckTexts(flags *pflag.FlagSet) error {
	var errs []error
	flags.Visit(func(f *pflag.Flag) { errs = append(errs, checkTexts(f, "--"+f.Name)) })
	return errors.Join(errs...)
}

func checkTexts(f *pflag.Flag, where string) error {
	texts := textsOf(f)
	if several, ok := f.Value.(pflag.SliceValue); ok && len(several.GetSlice()) == 0 || slices.Contains(texts, "") {
		return cli.Empty(where)
	}
	for _, text := range texts {
		if err := cli.CheckShell(strings.TrimPrefix(text, "unix:"), text); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	return nil
}

// textsOf are the texts of a flag of text, or of several; other flags have none.
func textsOf(f *pflag.Flag) []string {
	if several, ok := f.Value.(pflag.SliceValue); ok {
		return several.GetSlice()
	}
	if kind := f.Value.Type(); kind == "string" || kind == "file" {
		return []string{f.Value.String()}
	}
	return nil
}

// Find is the first flag of a command and all below it that suits; nil is none.
func Find(cmd *cobra.Command, suits func(*pflag.Flag) bool) (found *pflag.Flag) {
	look := func(f *pflag.Flag) {
		if found == nil && suits(f) {
			found = f
		}
	}
	cmd.Flags().VisitAll(look)
	cmd.PersistentFlags().VisitAll(look)
	for _, sub := range cmd.Commands() {
		if found == nil {
			found = Find(sub, suits)
		}
	}
	return found
}

// Inherit is the environment for the commands that this one starts: without the
// variables of its own flags, but for those that say where things are.
func Inherit(prefix string, flags *pflag.FlagSet, environ []string) []string {
	if !slices.ContainsFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, prefix) }) {
		return environ
	}
	used := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) { used[Variable(prefix, f)] = !Has(f, Inherited) })
	return slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return name != "" && used[name]
	})
}
