package config

import (
	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/config/yamltree"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/typo"
)

// kind is a kind of source in "secrets:". The field that names it comes first;
// it decides which others an entry may have, beside those of every kind.
type kind struct {
	fields []field
	finish func(*entry) // checks what no single field can
}

// field is a field of an entry, and what reads it.
type field struct {
	name string
	read func(*entry, yamltree.Node)
}

func kinds() []kind {
	every := []field{
		{"only", (*entry).readOnly},
		{"rename", (*entry).readRename},
		{"prefix", (*entry).readPrefix},
		{"optional", (*entry).readOptional},
		{"on_change", (*entry).readOnChange},
	}
	of := func(finish func(*entry), own ...field) kind { return kind{append(own, every...), finish} }
	return []kind{
		of((*entry).finishNamed, field{"name", (*entry).readName}, field{"environment", (*entry).readEnvironment}, field{"required_keys", (*entry).readRequired}),
		of((*entry).finishOther, field{"dict", (*entry).readDict}),
		of((*entry).finishOther, field{"local_environ", (*entry).readLocal}),
		of((*entry).finishSearch, field{"dotenv", (*entry).readStart}, field{"filename", (*entry).readFilename}),
		of((*entry).finishOther, field{"env_file", (*entry).readPath}),
	}
}

// entry is one entry of "secrets:" while it is read.
type entry struct {
	*reader
	node        yamltree.Node
	source      plan.Source
	environment string
	required    []string
	selection   resolve.Selection
	optional    bool
}

// source reads an entry.
func (r *reader) source(n yamltree.Node) {
	for _, f := range n.Fields {
		for i := range r.kinds {
			if k := &r.kinds[i]; f.Key.Kind == yamltree.Scalar && f.Key.Text == k.fields[0].name {
				e := &entry{reader: r, node: n, source: plan.Source{From: r.at(n)}}
				before := len(r.faults) + r.more
				r.fields(n, func(name string) func(yamltree.Node) { return e.reads(k, name) }, k.meant)
				if k.finish(e); len(r.faults)+r.more == before {
					r.sources = append(r.sources, e.source)
				}
				return
			}
		}
	}
	r.noKind(n)
}

// meant is the hint for an unknown field of an entry; "" is none.
func (k *kind) meant(field string) string {
	for _, f := range k.fields {
		if typo.Means(f.name, field) {
			return "did you mean " + f.name + "?"
		}
	}
	return ""
}

// noKind is the fault of an entry without a field that says what it is: likely
// that field is misspelt.
func (r *reader) noKind(n yamltree.Node) {
	for _, f := range n.Fields {
		for _, k := range r.kinds {
			if typed, known := f.Key.Text, k.fields[0].name; cli.PlainWord(typed) && typo.Of(known, typed) {
				r.faultf(f.Key, "unknown field %q; did you mean %s?", typed, known)
				return
			}
		}
	}
	r.faultf(n, "want one of name, dict, local_environ, dotenv, env_file")
}

func (e *entry) reads(k *kind, name string) func(yamltree.Node) {
	for _, f := range k.fields {
		if f.name == name {
			return func(v yamltree.Node) { f.read(e, v) }
		}
	}
	for _, other := range e.kinds {
		if other.fields[0].name == name {
			return func(yamltree.Node) {
				e.faultf(e.node, "%s and %s do not go together: each is an entry of its own", k.fields[0].name, name)
			}
		}
	}
	return nil
}
