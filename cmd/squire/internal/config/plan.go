package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject/plan"
)

// Plan is what the command was asked to resolve: the sources of squire.yaml, of
// the variables and of the flags, in this order.
func (c *Config) Plan() plan.Plan {
	p := plan.Plan{Dotenv: c.plan.dotenv, Merge: c.plan.merge}
	if c.file != nil {
		p.Sources, p.Files = slices.Clone(c.file.sources), []string{c.file.path}
	}
	p.Sources = append(append(p.Sources, c.variables...), c.plan.sources...)
	for i := range p.Sources {
		if p.Sources[i].Search == defaultSearch {
			p.Sources[i].Search = c.plan.search
		}
	}
	return p
}

// Reload reads squire.yaml again and is the Plan as it has it now. Flags and
// variables count as at the start; so do all other settings of squire.yaml, and
// Warn reports which of those have changed. After an error the Plan is as it was.
func (c *Config) Reload(ctx context.Context) (plan.Plan, error) {
	if c.first == nil {
		return c.Plan(), nil
	}
	switch info, err := os.Stat(c.first.path); {
	case errors.Is(err, fs.ErrNotExist):
		return plan.Plan{}, fmt.Errorf("%s is gone", c.first.path) // a start would do without, but this is half of a plan
	case err == nil && info.Mode().Type() == fs.ModeNamedPipe:
		return c.Plan(), nil // it can be read but once
	}
	next, err := c.readFile(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	was := c.plan
	c.plan = c.base.clone()
	err = c.apply(next, c.isRefreshed)
	if err == nil && len(next.sources) == 0 && len(c.file.sources) > 0 {
		// An editor or a full disk leaves an empty file behind, too.
		err = fmt.Errorf("%s has no sources any more: a restart of squire takes it as it is", next.path)
	}
	if err != nil {
		c.plan = was
		return plan.Plan{}, err
	}
	if fields := c.changed(c.first, next); len(fields) > 0 && c.Warn != nil {
		c.Warn(fmt.Sprintf("%s: a change of %s takes effect at the next start of squire", next.path, strings.Join(fields, ", ")))
	}
	c.file = next
	return c.Plan(), nil
}

func (c *Config) isRefreshed(flag string) bool {
	f := c.flags.Lookup(flag)
	return f != nil && setting.Has(f, refreshed)
}

// changed are the fields, other than those that a refresh reads again, in which
// two files differ.
func (c *Config) changed(a, b *file) (fields []string) {
	texts := func(f *file) map[string]string {
		all := map[string]string{}
		if f != nil {
			for _, s := range f.settings {
				if c.flags.Lookup(s.flag) != nil && !c.higher[s.flag] && !c.isRefreshed(s.flag) {
					all[setting.Field(s.flag)] += s.text + "\x00"
				}
			}
		}
		return all
	}
	before, after := texts(a), texts(b)
	for _, field := range slices.Sorted(maps.Keys(after)) {
		if before[field] != after[field] {
			fields = append(fields, field)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(before)) {
		if _, still := after[field]; !still {
			fields = append(fields, field)
		}
	}
	return fields
}
