package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/dotenv"
)

// configFile is squire.yaml: an ordered list of sources, and settings by the
// names of their flags (with _ for -).
type configFile struct {
	settings []fileSetting
	sources  []plan.Source
}

// fileSetting is one value for a flag; a list is several.
type fileSetting struct{ flag, text, where string }

// maxConfig bounds squire.yaml, in bytes.
const maxConfig = 1 << 20

func readConfig(ctx context.Context, path string, flag func(field string) *pflag.Flag) (*configFile, error) {
	data, err := dotenv.ReadFile(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(data) > maxConfig {
		return nil, fmt.Errorf("%s: more than 1 MiB", path)
	}
	return parseConfig(path, data, flag)
}

// parseConfig reads squire.yaml. It walks the nodes itself, since the
// decoder's errors hold values, and since scalars are taken as written. All
// faults are joined; each has its line, none has a value.
func parseConfig(path string, data []byte, flag func(field string) *pflag.Flag) (*configFile, error) {
	p := &configParser{path: path, flag: flag, folder: filepath.Dir(path), file: &configFile{}}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case err == io.EOF:
		return p.file, nil
	case err != nil:
		return nil, p.syntax(err)
	}
	if err := decoder.Decode(new(yaml.Node)); err != io.EOF {
		return nil, fmt.Errorf("%s: want one YAML document", path)
	}
	p.top(document.Content[0])
	if p.more > 0 {
		p.faults = append(p.faults, fmt.Errorf("%s: and %d more", path, p.more))
	}
	if err := errors.Join(p.faults...); err != nil {
		return nil, err
	}
	return p.file, nil
}

type configParser struct {
	path, folder string
	flag         func(field string) *pflag.Flag // that a field is for; nil is none
	file         *configFile
	faults       []error
	more         int // faults that are not told
}

// maxFaults is how many faults are told, as of a .env file.
const maxFaults = 20

func (p *configParser) faultf(n *yaml.Node, format string, args ...any) {
	if len(p.faults) >= maxFaults {
		p.more++
		return
	}
	p.faults = append(p.faults, fmt.Errorf("%s: %w", p.at(n), fmt.Errorf(format, args...)))
}

func (p *configParser) at(n *yaml.Node) string { return p.path + ":" + strconv.Itoa(n.Line) }

// syntax keeps the line of a YAML error and drops its words: they may quote an
// anchor or a tag, and a value that begins with * or ! is read as one.
func (p *configParser) syntax(err error) error {
	var line int
	at := p.path
	if _, scan := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); scan == nil {
		at = fmt.Sprintf("%s:%d", p.path, line)
	}
	return resolve.WithHint(fmt.Errorf("%s: not valid YAML", at), "quote values that begin with * & ! %% @ or `, and indent with spaces")
}

func (p *configParser) top(n *yaml.Node) {
	p.fields(n, func(field string, key, v *yaml.Node) bool {
		switch {
		case field == "secrets":
			for _, entry := range p.items(v, field) {
				p.source(entry)
			}
		default:
			flag := p.flag(field)
			if flag == nil {
				return false
			}
			p.setting(field, flag, v)
		}
		return true
	})
}

func (p *configParser) setting(field string, flag *pflag.Flag, v *yaml.Node) {
	values := []*yaml.Node{v}
	if target(v).Kind == yaml.SequenceNode {
		values = p.items(v, field)
	}
	for _, item := range values {
		if text, ok := p.scalar(item); ok {
			if text != "" && setting.Has(flag, setting.Path) {
				text = under(p.folder, text)
			}
			p.file.settings = append(p.file.settings, fileSetting{flag.Name, text, p.at(item) + ": " + field})
		}
	}
}

// fields walks a mapping; known says whether a field is one.
func (p *configParser) fields(n *yaml.Node, known func(field string, key, value *yaml.Node) bool) {
	n = target(n)
	if n.Kind != yaml.MappingNode {
		p.faultf(n, "want fields, such as environment: prod")
		return
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		field := key.Value
		switch {
		case key.Kind != yaml.ScalarNode:
			p.faultf(key, "want the name of a field")
		case seen[field]:
			p.faultf(key, "field %q stands twice", field)
		case !known(field, key, n.Content[i+1]):
			if cli.PlainWord(field) {
				p.faultf(key, "unknown field %q", field)
			} else {
				p.faultf(key, "unknown field")
			}
		}
		seen[field] = true
	}
}

func (p *configParser) items(n *yaml.Node, field string) []*yaml.Node {
	n = target(n)
	if n.Kind != yaml.SequenceNode {
		p.faultf(n, "%s: want a list", field)
		return nil
	}
	return n.Content
}

// scalar is a text as it is written: 8080, on and 1.0 are not converted.
func (p *configParser) scalar(n *yaml.Node) (string, bool) {
	n = target(n)
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		p.faultf(n, "want a text")
		return "", false
	}
	return n.Value, true
}

func (p *configParser) scalars(n *yaml.Node, field string) []string {
	var all []string
	for _, item := range p.items(n, field) {
		if text, ok := p.scalar(item); ok {
			all = append(all, text)
		}
	}
	return all
}

// target follows an alias to a scalar. One to a list or a mapping is followed
// nowhere: a file of a few kilobytes could name gigabytes with those.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias.Kind == yaml.ScalarNode {
		return n.Alias
	}
	return n
}
