// Package app is what every command of squire is given: streams, messages,
// settings, and the way to named secrets.
//
// Start at Family, which adds commands to squire, and at App, which they use. A
// family can rely on complete settings when its command runs, on Messages for
// everything that goes to standard error, and on Environ, which holds none of
// squire's own credentials.
//
// It makes no promise of compatibility.
package app

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/squire/internal/config"
	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/provider"
	"github.com/squire-env/squire/resolve/provider/squire"
)

// App is one call of squire. Its settings are complete when a command runs, and
// not before.
type App struct {
	Stdin    io.Reader
	Stdout   io.Writer
	Messages *cli.Messages
	Args     []string // all arguments, as they were typed
	Given    []string // the environment that squire was started with
	Environ  []string // the same, without squire's own credentials

	Config config.Config // what the command was asked for; complete after Load

	local map[string]string // Environ by name, once it was asked for
}

// LookupEnv is os.LookupEnv for Environ.
func (a *App) LookupEnv(name string) (string, bool) {
	if a.local == nil {
		a.local = cli.ByName(a.Environ, "")
	}
	text, ok := a.local[name]
	return text, ok
}

// Load completes the settings for the command that was called.
func (a *App) Load(cmd *cobra.Command) error {
	if err := a.Config.Load(cmd.Context(), cmd.Flags(), a.Given); err != nil {
		return err
	}
	a.Config.Squire.LookupEnv = a.LookupEnv
	a.Messages.Set(a.Config.LogLevel, a.Config.LogFormat)
	if file := a.Config.File(); file != "" {
		a.Messages.Debugf("settings and sources are read from %s", file)
	} else {
		a.Messages.Debugf("no squire.yaml is read")
	}
	return nil
}

// SetWarn says where warnings go.
func (a *App) SetWarn(warn func(text string)) { a.Config.Warn, a.Config.Squire.Warn = warn, warn }

// Client opens what resolves named secrets. Nothing is read or connected before
// the first name is resolved. The closer must be closed.
func (a *App) Client() (*resolve.Client, io.Closer, error) {
	c := &a.Config
	return provider.Open(provider.Config{Squire: c.Squire, Timeout: c.Timeout, LookupEnv: a.LookupEnv, Warn: c.Warn})
}

// WithService opens the service that stores named secrets, and calls fn with it,
// within the timeout.
func (a *App) WithService(ctx context.Context, fn func(context.Context, api.Service) error) (err error) {
	service, closer, err := squire.OpenService(a.Config.Squire)
	if err != nil {
		return err
	}
	defer func() {
		if e := closer.Close(); err == nil {
			err = e
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, a.Config.Timeout)
	defer cancel()
	return fn(ctx, service)
}

// JSON prints v for programs.
func (a *App) JSON(v any) error { return cli.PrintJSON(a.Stdout, v) }

// Table prints rows for people, as wide as the terminal; the first is the heading.
func (a *App) Table(rows [][]string) error { return cli.PrintTable(a.Stdout, a.width(), rows) }

// Fields prints a label and a text in each row, as wide as the terminal.
func (a *App) Fields(rows [][]string) error { return cli.PrintFields(a.Stdout, a.width(), rows) }

func (a *App) width() int {
	columns, _ := a.LookupEnv("COLUMNS")
	return cli.Width(a.Stdout, columns)
}

// Printf prints text for people.
func (a *App) Printf(format string, args ...any) error {
	_, err := fmt.Fprintf(a.Stdout, format, args...)
	return err
}
