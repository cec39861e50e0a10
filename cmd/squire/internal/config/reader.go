package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/cmd/squire/internal/config/yamltree"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
	"github.com/squire-env/squire/resolve/typo"
)

// reader reads a squire.yaml. All faults are joined; each has its line, none has
// a value.
type reader struct {
	*file
	folder      string
	environment string // the active one
	flags       fileFlags
	kinds       []kind
	faults      []error
	more        int // faults that are not reported
}

// fileFlags are the flags that a file may set: that of a field, and that which was
// likely meant by one; nil is none.
type fileFlags interface {
	fileFlag(field string) *pflag.Flag
	meantFlag(field string) *pflag.Flag
}

// parse completes a file. environment is the active one; "": the file may say it.
func parse(f *file, data []byte, environment string, flags fileFlags) (*file, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: more than 256 KiB", f.path)
	}
	if err := dotenv.CheckUTF8(data, f.path); err != nil {
		return nil, err
	}
	root, err := yamltree.Parse(data)
	if err != nil {
		return nil, syntaxError(f.path, err)
	}
	r := &reader{file: f, folder: filepath.Dir(f.path), environment: environment, flags: flags, kinds: kinds()}
	if root.Kind != yamltree.Empty {
		r.root(root)
	}
	if r.more > 0 {
		r.faults = append(r.faults, fmt.Errorf("%s: and %d more", f.path, r.more))
	}
	return f, errors.Join(r.faults...)
}

func syntaxError(path string, err error) error {
	var at *yamltree.Error
	if !errors.As(err, &at) || at.Line == 0 {
		return fmt.Errorf("%s: %w", path, err)
	}
	return resolve.WithHint(fmt.Errorf("%s:%d: %s", path, at.Line, at.Reason), "quote values that begin with * & ! %% @ or `, and indent with spaces")
}

func (r *reader) root(n yamltree.Node) {
	for _, f := range n.Fields {
		if r.environment == "" && f.Key.Text == "environment" && f.Value.Kind == yamltree.Scalar {
			r.environment = f.Value.Text
		}
	}
	if r.environment == "" {
		r.environment = resolve.DefaultEnvironment
	}
	r.fields(n, func(field string) func(yamltree.Node) {
		if field == "secrets" {
			return func(v yamltree.Node) {
				for _, item := range r.items(v, field) {
					r.source(item)
				}
			}
		}
		if flag := r.flags.fileFlag(field); flag != nil {
			return func(v yamltree.Node) { r.setting(field, flag, v) }
		}
		return nil
	}, r.meant)
}

// meant is the hint for an unknown field of the file; "" is none.
func (r *reader) meant(field string) string {
	for _, k := range r.kinds {
		if known := k.fields[0].name; known == field {
			return known + " is a field of an entry of secrets: secrets: [{" + known + ": ...}]"
		}
	}
	if typo.Means("secrets", field) {
		return "did you mean secrets?"
	}
	if flag := r.flags.meantFlag(field); flag != nil {
		return "did you mean " + setting.Field(flag.Name) + "?"
	}
	return ""
}

func (r *reader) setting(field string, flag *pflag.Flag, v yamltree.Node) {
	items := []yamltree.Node{v}
	if v.Kind == yamltree.List && setting.Has(flag, setting.Several) {
		items = v.Items
	}
	for _, item := range items {
		if text, ok := r.text(item); ok {
			if text != "" && setting.Has(flag, setting.Path) {
				text = r.under(item, text)
			}
			r.settings = append(r.settings, fileSetting{flag.Name, text, r.at(item) + ": " + field})
		}
	}
}

// fields reads a mapping; of is what reads a field, nil for one that there is not,
// for which meant has a hint.
func (r *reader) fields(n yamltree.Node, of func(field string) func(yamltree.Node), meant func(field string) string) {
	if n.Kind != yamltree.Mapping {
		r.faultf(n, "want fields, such as environment: prod")
		return
	}
	seen := map[string]bool{}
	for _, f := range n.Fields {
		name := f.Key.Text
		quoted := ""
		if cli.PlainWord(name) { // else it may be a value that is out of place
			quoted = fmt.Sprintf(" %q", name)
		}
		read := of(name)
		switch {
		case f.Key.Kind != yamltree.Scalar:
			r.faultf(f.Key, "want the name of a field")
		case seen[name]:
			r.faultf(f.Key, "duplicate field%s", quoted)
		case read == nil:
			err := fmt.Errorf("unknown field%s", quoted)
			if hint := meant(name); hint != "" {
				err = resolve.WithHint(err, "%s", hint)
			}
			r.faultf(f.Key, "%w", err)
		default:
			read(f.Value)
		}
		seen[name] = true
	}
}

func (r *reader) items(n yamltree.Node, field string) []yamltree.Node {
	if n.Kind != yamltree.List {
		r.faultf(n, "%s: want a list", field)
	}
	return n.Items
}

// text is a scalar as it is written: 8080, on and 1.0 are not converted.
func (r *reader) text(n yamltree.Node) (string, bool) {
	if n.Kind != yamltree.Scalar || n.Null {
		r.faultf(n, "want text")
		return "", false
	}
	return n.Text, true
}

func (r *reader) faultf(n yamltree.Node, format string, args ...any) {
	if len(r.faults) >= maxFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, fmt.Errorf("%s: %w", r.at(n), fmt.Errorf(format, args...)))
}

func (r *reader) at(n yamltree.Node) string { return r.path + ":" + strconv.Itoa(n.Line) }

// expand replaces {environment} in a path or a name.
func (r *reader) expand(text string) string {
	return strings.ReplaceAll(text, "{environment}", r.environment)
}

// under takes a path from the folder of the file.
func (r *reader) under(n yamltree.Node, written string) string {
	path := r.expand(written)
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.folder, path)
	}
	if err := cli.CheckShell(written, path); err != nil {
		r.faultf(n, "%w", err)
	}
	return path
}
