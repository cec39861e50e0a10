package squire

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/squire-env/squire/resolve"
)

// Settings say which store the names are looked up in, and how; each may be
// left out.
type Settings struct {
	Variables

	Environment string        `env:"ENVIRONMENT"` // the active one; "": main
	Timeout     time.Duration `env:"TIMEOUT"`     // of one request to a server; 0: none

	// Server is the URL of squired; "": the embedded store. What follows counts
	// with a server only.
	Server       string        `env:"SERVER"`
	TokenFile    string        `env:"TOKEN_FILE"`    // instead of Token, and read again for each request
	CACert       string        `env:"CA_CERT"`       // PEM, trusted instead of the system's; "": the system's
	InsecureHTTP bool          `env:"INSECURE_HTTP"` // http to other machines than this one
	CacheDir     string        `env:"CACHE"`         // keeps the last complete answers, for when the server cannot be reached; "": nowhere
	CacheMaxAge  time.Duration `env:"CACHE_MAX_AGE"` // 0: 24 h
	Offline      bool          `env:"OFFLINE"`       // ask the cache alone

	LookupEnv func(string) (string, bool) // the local environment; nil: os.LookupEnv
	Warn      func(string)                // hears of problems that do not stop the work; nil: nobody
}

// Variables are the settings that the command line takes from variables only:
// credentials, since everybody can list the arguments of a process, and where
// the embedded store is.
type Variables struct {
	DataDir       string        `env:"DATA_DIR"`        // of the embedded store; "": $XDG_DATA_HOME/squire
	MasterKeyFile string        `env:"MASTER_KEY_FILE"` // "": $XDG_CONFIG_HOME/squire/master.key
	MasterKey     resolve.Value `env:"MASTER_KEY"`      // base64 of 32 bytes, instead of the file
	Token         resolve.Value `env:"TOKEN"`           // who asks the server
	CacheKey      resolve.Value `env:"CACHE_KEY"`       // base64 of 32 bytes, which CacheDir needs
	CacheKeyFile  string        `env:"CACHE_KEY_FILE"`  // instead of CacheKey
}

// Prefix begins the names of squire's variables.
const Prefix = "SQUIRE_"

// FromEnviron are the settings that the variables of an environment give: those
// of the command line, with its defaults. An empty variable counts as not set.
// The error names every variable that cannot be read, and shows no text of one.
func FromEnviron(environ []string) (Settings, error) {
	s := Settings{Timeout: 30 * time.Second}
	err := env.ParseWithOptions(&s, env.Options{Environment: env.ToMap(environ), Prefix: Prefix})
	if err == nil {
		return s, nil
	}
	var parts env.AggregateError
	if !errors.As(err, &parts) {
		parts.Errors = []error{err}
	}
	faults := make([]error, len(parts.Errors))
	for i, part := range parts.Errors {
		faults[i] = badVariable(part)
	}
	return Settings{}, errors.Join(faults...)
}

// badVariable is an error of package env without its text, which holds the
// value.
func badVariable(err error) error {
	var parse env.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("%w: the %s variables cannot be read", resolve.ErrInvalid, Prefix)
	}
	fields := reflect.VisibleFields(reflect.TypeFor[Settings]())
	at := slices.IndexFunc(fields, func(f reflect.StructField) bool { return f.Name == parse.Name })
	want := "a value"
	switch parse.Type.Kind() {
	case reflect.Bool:
		want = "true or false"
	case reflect.Int64:
		want = "a duration such as 30s"
	}
	return fmt.Errorf("%w variable %s%s: want %s", resolve.ErrInvalid, Prefix, fields[at].Tag.Get("env"), want)
}
