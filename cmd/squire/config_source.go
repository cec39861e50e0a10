package main

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider"
)

// source reads one entry of "secrets:". The field that names the kind decides
// which others it may have.
func (p *configParser) source(n *yaml.Node) {
	n = target(n)
	kinds := map[string]func(*yaml.Node, *sourceEntry) bool{
		"name":          p.namedEntry,
		"dict":          p.dictEntry,
		"local_environ": p.localEntry,
		"dotenv":        p.dotenvEntry,
		"env_file":      p.fileEntry,
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i < len(n.Content); i += 2 {
			if parse := kinds[n.Content[i].Value]; parse != nil {
				e := &sourceEntry{parser: p, kind: n.Content[i].Value, fields: map[string]*yaml.Node{}}
				before := len(p.faults)
				p.fields(n, e.known)
				if parse(n, e) && e.readOnChange() && len(p.faults) == before {
					p.file.sources = append(p.file.sources, e.source)
				}
				return
			}
		}
	}
	p.faultf(n, "want one of name, dict, local_environ, dotenv, env_file")
}

// sourceEntry is one entry while it is read.
type sourceEntry struct {
	parser *configParser
	kind   string
	fields map[string]*yaml.Node
	source plan.Source
}

// moreFields are the fields of each kind beside the one that names it.
func moreFields(kind string) string {
	switch kind {
	case "name":
		return " on_change required_keys environment optional "
	case "dotenv":
		return " on_change filename "
	}
	return " on_change "
}

// readOnChange is after the entry's own fields: what a change of it does.
func (e *sourceEntry) readOnChange() bool {
	text, ok := e.text("on_change")
	if !ok || text == "" {
		return ok
	}
	action, err := change.ParseAction(text)
	if err != nil {
		e.parser.faultf(e.fields["on_change"], "on_change: %w", err)
		return false
	}
	e.source.OnChange = &action
	return true
}

func (e *sourceEntry) known(field string, _, value *yaml.Node) bool {
	if field != e.kind && !strings.Contains(moreFields(e.kind), " "+field+" ") {
		return false
	}
	e.fields[field] = value
	return true
}

// text is a field's scalar, or "" where the field is not there.
func (e *sourceEntry) text(field string) (string, bool) {
	if e.fields[field] == nil {
		return "", true
	}
	return e.parser.scalar(e.fields[field])
}

func (p *configParser) namedEntry(n *yaml.Node, e *sourceEntry) bool {
	name, _ := e.text("name")
	environment, _ := e.text("environment")
	ref := resolve.Ref{Path: name}
	if environment != "" {
		ref.Path = environment + "/" + name
	}
	if v := e.fields["required_keys"]; v != nil {
		ref.RequiredKeys = p.scalars(v, "required_keys")
	}
	if err := provider.Check(ref); err != nil {
		for _, fault := range resolve.Faults(err) {
			p.faultf(n, "%w", fault)
		}
		return false
	}
	optional, ok := e.text("optional")
	if !ok || optional != "" && optional != "true" && optional != "false" {
		p.faultf(e.fields["optional"], "optional: want true or false")
		return false
	}
	ref.Optional = optional == "true"
	e.source = plan.Source{Kind: plan.Named, From: p.at(n), Ref: ref}
	return true
}

func (p *configParser) dictEntry(n *yaml.Node, e *sourceEntry) bool {
	m := target(e.fields["dict"])
	if m.Kind != yaml.MappingNode {
		p.faultf(m, "dict: want KEY: VALUE pairs")
		return false
	}
	dict := map[string]*resolve.Value{}
	for i := 0; i < len(m.Content); i += 2 {
		key, v := m.Content[i], target(m.Content[i+1])
		_, twice := dict[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || strings.ContainsAny(key.Value, "=\x00") || key.Value == "":
			p.faultf(key, "dict: want the name of a variable, without = and NUL")
		case twice:
			p.faultf(key, "dict: %q stands twice", key.Value)
		case v.Kind != yaml.ScalarNode:
			p.faultf(v, "dict: want a text for %q", key.Value)
		case v.Tag == "!!null": // ignored, as modal's from_dict does
			dict[key.Value] = nil
		default:
			value := resolve.NewValue(v.Value)
			dict[key.Value] = &value
		}
	}
	e.source = plan.Source{Kind: plan.Dict, From: p.at(n), Dict: dict}
	return true
}

func (p *configParser) localEntry(n *yaml.Node, e *sourceEntry) bool {
	s, err := copySource(p.scalars(e.fields["local_environ"], "local_environ"), p.at(n))
	if err != nil {
		p.faultf(n, "local_environ: %w", err)
	}
	e.source = s
	return err == nil
}

func (p *configParser) dotenvEntry(n *yaml.Node, e *sourceEntry) bool {
	start, ok := e.text("dotenv")
	name, okName := e.text("filename")
	if !ok || !okName || start == "" || strings.ContainsAny(name, "/\\") {
		p.faultf(n, "dotenv: want the folder where the search starts, and filename: a name without folders")
		return false
	}
	e.source, _ = searchSource(under(p.folder, start), p.at(n))
	if name != "" {
		e.source.Search = name
	}
	return true
}

func (p *configParser) fileEntry(n *yaml.Node, e *sourceEntry) bool {
	path, ok := e.text("env_file")
	if !ok || path == "" {
		p.faultf(n, "env_file: want the path of a .env file")
		return false
	}
	e.source, _ = fileSource(under(p.folder, path), p.at(n))
	return true
}
