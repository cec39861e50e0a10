package config

import (
	"strings"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/config/yamltree"
	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider"
)

func (e *entry) readName(v yamltree.Node) {
	text, ok := e.text(v)
	if !ok {
		return
	}
	ref, err := resolve.ParseRef(e.expand(text))
	if err != nil {
		e.faultf(v, "name: %w", err)
		return
	}
	e.source.Ref = ref
}

func (e *entry) readEnvironment(v yamltree.Node) { e.environment = e.filled(v, "environment") }
func (e *entry) readRequired(v yamltree.Node)    { e.required = e.names(v, "required_keys") }

func (e *entry) finishNamed() {
	ref := &e.source.Ref
	if ref.Path == "" {
		return // a fault already
	}
	e.source.Kind = plan.Named
	switch {
	case e.environment != "" && ref.Scheme != "":
		e.faultf(e.node, "environment: the name has a scheme, and is not in an environment of squire")
	case e.environment != "":
		ref.Path = e.environment + "/" + ref.Path
	}
	if ref.Only != nil && e.selection.Only != nil {
		e.faultf(e.node, "only: the name selects its keys already, after #")
	}
	if ref.Only == nil {
		ref.Only = e.selection.Only
	}
	for key, name := range e.selection.Rename {
		if ref.Rename == nil {
			ref.Rename = map[string]string{}
		}
		ref.Rename[key] = name
	}
	ref.RequiredKeys, ref.Prefix, ref.Optional = append(ref.RequiredKeys, e.required...), e.selection.Prefix, e.optional
	for _, fault := range resolve.Faults(provider.Check(*ref)) {
		e.faultf(e.node, "%w", fault)
	}
}

func (e *entry) finishOther() { e.source.Selection, e.source.Optional = e.selection, e.optional }

func (e *entry) readDict(v yamltree.Node) {
	e.source.Kind, e.source.Dict = plan.Dict, map[string]*resolve.Value{}
	e.pairs(v, "dict", func(name string, v yamltree.Node) {
		if v.Null { // ignored, as modal's from_dict does
			e.source.Dict[name] = nil
			return
		}
		value := resolve.NewValue(v.Text)
		e.source.Dict[name] = &value
	})
}

func (e *entry) readLocal(v yamltree.Node) {
	e.source.Kind, e.source.Names = plan.LocalEnviron, e.names(v, "local_environ")
}

func (e *entry) readStart(v yamltree.Node) {
	if text, ok := e.text(v); ok && text != "" {
		e.source.Path = e.under(v, text)
	}
}

func (e *entry) readFilename(v yamltree.Node) {
	e.source.Search = e.expand(e.filled(v, "filename"))
}

func (e *entry) finishSearch() {
	e.source.Kind = plan.Dotenv
	if e.source.Path == "" || strings.ContainsAny(e.source.Search, "/\\") {
		e.faultf(e.node, "dotenv: want the folder where the search starts, and filename: a name without folders")
	}
	if e.source.Search == "" {
		e.source.Search = defaultSearch
	}
	e.finishOther()
}

func (e *entry) readPath(v yamltree.Node) {
	e.source.Kind = plan.Dotenv
	text, ok := e.text(v)
	if ok && text == "" {
		e.faultf(v, "env_file: want the path of a .env file")
	}
	if ok {
		e.source.Path = e.under(v, text)
	}
}

func (e *entry) readOnly(v yamltree.Node) { e.selection.Only = e.names(v, "only") }

func (e *entry) readRename(v yamltree.Node) {
	e.selection.Rename = map[string]string{}
	e.pairs(v, "rename", func(key string, v yamltree.Node) {
		if v.Null || !isName(v.Text) {
			e.faultf(v, "rename: want KEY: NAME pairs")
		}
		e.selection.Rename[key] = v.Text
	})
}

func (e *entry) readPrefix(v yamltree.Node) {
	text, ok := e.text(v)
	if ok && strings.ContainsAny(text, "=\x00") {
		e.faultf(v, "prefix: want the beginning of names, without =")
	}
	e.selection.Prefix = text
}

func (e *entry) readOptional(v yamltree.Node) {
	text, ok := e.text(v)
	if ok && text != "true" && text != "false" {
		e.faultf(v, "optional: want true or false")
	}
	e.optional = text == "true"
}

func (e *entry) readOnChange(v yamltree.Node) {
	text := e.filled(v, "on_change")
	if text == "" {
		return
	}
	action, err := change.ParseAction(text)
	if err != nil {
		e.faultf(v, "on_change: %w", err)
	}
	e.source.OnChange = &action
}

// filled is a text that must not be empty: that would mean the default.
func (e *entry) filled(v yamltree.Node, field string) string {
	text, ok := e.text(v)
	if ok && text == "" {
		e.faultf(v, "%w", cli.Empty(field))
	}
	return text
}

// names reads a list of names of variables or keys.
func (e *entry) names(v yamltree.Node, field string) []string {
	all := []string{}
	for _, item := range e.items(v, field) {
		text, ok := e.text(item)
		if ok && !isName(text) {
			e.faultf(item, "%s: want names, without =", field)
		}
		all = append(all, text)
	}
	return all
}

// pairs reads a mapping of names to scalars.
func (e *entry) pairs(v yamltree.Node, field string, read func(name string, v yamltree.Node)) {
	if v.Kind != yamltree.Mapping {
		e.faultf(v, "%s: want KEY: VALUE pairs", field)
	}
	seen := map[string]bool{}
	for _, f := range v.Fields {
		name := f.Key.Text
		switch {
		case f.Key.Kind != yamltree.Scalar || !isName(name):
			e.faultf(f.Key, "%s: want the name of a variable, without = and NUL", field)
		case seen[name]:
			e.faultf(f.Key, "%s: duplicate field %s", field, resolve.QuoteName(name))
		case f.Value.Kind != yamltree.Scalar:
			e.faultf(f.Value, "%s: want text for %s", field, resolve.QuoteName(name))
		default:
			read(name, f.Value)
		}
		seen[name] = true
	}
}

// isName is true of what can be the name of a variable.
func isName(text string) bool { return text != "" && !strings.ContainsAny(text, "=\x00") }
