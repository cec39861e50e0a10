package config

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve/dotenv"
	"github.com/squire-env/squire/resolve/typo"
)

// file is a squire.yaml: an ordered list of sources, and settings by the names of
// their flags (with _ for -).
type file struct {
	path     string
	named    bool // by --config; else it was found
	settings []fileSetting
	sources  []plan.Source
}

// fileSetting is one value for a flag; a list is several.
type fileSetting struct{ flag, text, where string }

const (
	maxFile   = 256 << 10 // bytes
	maxFaults = 20        // that are reported, as of a .env file
)

// readFile reads the squire.yaml that was named, or that there is; nil is none.
func (c *Config) readFile(ctx context.Context) (*file, error) {
	var data []byte
	f := &file{path: c.path, named: c.path != ""}
	var err error
	switch {
	case c.path == "none":
		return nil, nil
	case f.named:
		ctx, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		if err := checkPath(f.path); err != nil {
			return nil, fmt.Errorf("--config: %w", err)
		}
		data, err = dotenv.ReadFile(ctx, f.path)
	case c.first != nil: // a refresh keeps to it
		f.path = c.first.path
		data, err = readFound(f.path)
	default:
		if f.path, err = find(c.home); err != nil || f.path == "" {
			return nil, err
		}
		data, err = readFound(f.path)
	}
	if err != nil {
		return nil, err
	}
	return parse(f, data, c.Environment, c)
}

// fileFlag finds the flag that a field is for, of the command that was called or
// of another one; nil is none.
func (c *Config) fileFlag(field string) *pflag.Flag {
	suits := func(f *pflag.Flag) bool { return setting.Field(f.Name) == field && inFile(f) }
	if f := c.flags.Lookup(setting.Flag(field)); f != nil && suits(f) {
		return f
	}
	return setting.Find(c.allCommands(), suits)
}

// meantFlag finds a flag that was likely meant by a field; nil is none.
func (c *Config) meantFlag(field string) *pflag.Flag {
	return setting.Find(c.allCommands(), func(f *pflag.Flag) bool { return inFile(f) && typo.Means(setting.Field(f.Name), field) })
}

// inFile says whether a file may set a flag.
func inFile(f *pflag.Flag) bool {
	return setting.Has(f, setting.InFile) || setting.Has(f, setting.InNamedFile)
}
