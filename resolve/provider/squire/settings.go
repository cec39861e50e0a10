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

// Settings select the store of the names; each field is optional.
type Settings struct {
	Variables

	Environment string        `env:"ENVIRONMENT"` // the active one; "": main
	Timeout     time.Duration `env:"TIMEOUT"`     // of one request to a server; 0: none

	// Server is the URL of squired; "": the embedded store. The fields below are
	// used with a server only.
	Server       string        `env:"SERVER"`
	TokenFile    string        `env:"TOKEN_FILE"`    // used instead of Token, and read for each request
	CACert       string        `env:"CA_CERT"`       // PEM file, trusted instead of the system's certificates
	InsecureHTTP bool          `env:"INSECURE_HTTP"` // allows http to other machines
	CacheDir     string        `env:"CACHE"`         // stores the last complete answers, for when the server cannot be reached
	CacheMaxAge  time.Duration `env:"CACHE_MAX_AGE"` // 0: 24 h
	Offline      bool          `env:"OFFLINE"`       // use the cache only

	// Poll is how often a Watch of the embedded store checks its file, in addition to
	// what the kernel reports; 0: a minute; negative: never.
	Poll time.Duration

	LookupEnv func(string) (string, bool) // the local environment; nil: os.LookupEnv
	Warn      func(string)                // is called with problems that do not stop the work; nil: they are not reported
}

// Variables are the settings that have no flag: credentials, since other users can
// read the arguments of a process, and the location of the embedded store.
type Variables struct {
	DataDir       string        `env:"DATA_DIR"`        // of the embedded store; "": $XDG_DATA_HOME/squire
	MasterKeyFile string        `env:"MASTER_KEY_FILE"` // "": $XDG_CONFIG_HOME/squire/master.key
	MasterKey     resolve.Value `env:"MASTER_KEY"`      // base64 of 32 bytes, used instead of the file
	Token         resolve.Value `env:"TOKEN"`           // for the server
	CacheKey      resolve.Value `env:"CACHE_KEY"`       // base64 of 32 bytes, needed for CacheDir
	CacheKeyFile  string        `env:"CACHE_KEY_FILE"`  // used instead of CacheKey
}

// Prefix is the prefix of squire's variables.
const Prefix = "SQUIRE_"

// FromEnviron reads the settings from variables, as the command line does, with
// its defaults. An empty variable is treated as not set. The error names all
// variables that are invalid, but contains no value.
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

// badVariable replaces an error of package env, whose text contains the value.
func badVariable(err error) error {
	var parse env.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("%w variables: the %s variables cannot be read", resolve.ErrInvalid, Prefix)
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
