package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/resolve"
)

const variablePrefix = "SQUIRE_"

// variables are what an ENTRYPOINT is set up with. Each flag has one, here or
// in sourceVariables: SQUIRE_ and its name in upper case. They are texts, for
// the flag itself to judge, so that there is one rule for both; an empty one
// counts as not set.
type variables struct {
	Action         string `env:"ACTION"`
	AllowExisting  string `env:"ALLOW_EXISTING"`
	AllowMissing   string `env:"ALLOW_MISSING"`
	AllowName      string `env:"ALLOW_NAME"`
	Before         string `env:"BEFORE"`
	Cache          string `env:"CACHE"`
	CacheMaxAge    string `env:"CACHE_MAX_AGE"`
	Caller         string `env:"CALLER"`
	CACert         string `env:"CA_CERT"`
	Clean          string `env:"CLEAN"`
	Config         string `env:"CONFIG"`
	CreatedBefore  string `env:"CREATED_BEFORE"`
	Debounce       string `env:"DEBOUNCE"`
	DotenvLenient  string `env:"DOTENV_LENIENT"`
	DotenvName     string `env:"DOTENV_NAME"`
	Environment    string `env:"ENVIRONMENT"`
	Environments   string `env:"ENVIRONMENTS"`
	EnvFileFormat  string `env:"ENV_FILE_FORMAT"`
	Expires        string `env:"EXPIRES"`
	Force          string `env:"FORCE"`
	ForwardSignals string `env:"FORWARD_SIGNALS"`
	FromDotenv     string `env:"FROM_DOTENV"`
	FromJSON       string `env:"FROM_JSON"`
	InsecureHTTP   string `env:"INSECURE_HTTP"`
	JSON           string `env:"JSON"`
	KillGroup      string `env:"KILL_GROUP"`
	KillSignal     string `env:"KILL_SIGNAL"`
	KillTimeout    string `env:"KILL_TIMEOUT"`
	LogFormat      string `env:"LOG_FORMAT"`
	LogLevel       string `env:"LOG_LEVEL"`
	Mask           string `env:"MASK"`
	Max            string `env:"MAX"`
	MaxRestarts    string `env:"MAX_RESTARTS"`
	Names          string `env:"NAMES"`
	NoForward      string `env:"NO_FORWARD"`
	Offline        string `env:"OFFLINE"`
	OnChange       string `env:"ON_CHANGE"`
	OnConflict     string `env:"ON_CONFLICT"`
	Outcome        string `env:"OUTCOME"`
	PollInterval   string `env:"POLL_INTERVAL"`
	PreserveEnv    string `env:"PRESERVE_ENV"`
	Require        string `env:"REQUIRE"`
	Restart        string `env:"RESTART"`
	Reveal         string `env:"REVEAL"`
	Role           string `env:"ROLE"`
	Server         string `env:"SERVER"`
	Since          string `env:"SINCE"`
	Splay          string `env:"SPLAY"`
	StatusListen   string `env:"STATUS_LISTEN"`
	Supervise      string `env:"SUPERVISE"`
	Timeout        string `env:"TIMEOUT"`
	TokenFile      string `env:"TOKEN_FILE"`
	Unset          string `env:"UNSET"`
	Verbatim       string `env:"VERBATIM"`
	Watch          string `env:"WATCH"`
	Yes            string `env:"YES"`

	// These have no flag: they say where the embedded store is, and what opens
	// doors. A flag's text would be seen by whoever lists processes.
	DataDir       string `env:"DATA_DIR"`
	MasterKeyFile string `env:"MASTER_KEY_FILE"`
	MasterKey     string `env:"MASTER_KEY"`
	Token         string `env:"TOKEN"`
	CacheKey      string `env:"CACHE_KEY"`
	CacheKeyFile  string `env:"CACHE_KEY_FILE"`

	sources sourceVariables
}

// sourceVariables are the sources of run; lists split on white space.
type sourceVariables struct {
	Dotenv   string `env:"DOTENV"`
	EnvFiles string `env:"ENV_FILES"`
	Secrets  string `env:"SECRETS"`
	Env      string `env:"ENV"`
}

// parse reads the variables, and sets those flags that were not typed.
func (v *variables) parse(environ []string, flags *pflag.FlagSet) error {
	ours := make(map[string]string)
	for _, kv := range environ {
		if name, text, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(name, variablePrefix) {
			if _, twice := ours[name]; !twice { // the first wins, as in libc's getenv
				ours[name] = text
			}
		}
	}
	if len(ours) == 0 {
		return nil // as on most laptops; reflection is not free
	}
	for name, text := range ours {
		if name == variablePrefix+"ENVIRONMENTS" && flags.Lookup("environments") != nil {
			continue // here it is a variable; before a child it is a slip
		}
		if meant := misspelt(strings.TrimPrefix(name, variablePrefix)); meant != "" && text != "" {
			return resolve.WithHint(fmt.Errorf("%s is no variable of squire, and looks like one", name), "did you mean %s%s?", variablePrefix, meant)
		}
	}
	typed := changedFlags(flags)
	if typed["force"] || typed["allow-existing"] { // rivals: a flag outranks the other's variable too
		typed["force"], typed["allow-existing"] = true, true
	}
	var errs []error
	options := env.Options{Environment: ours, Prefix: variablePrefix, OnSet: func(name string, text any, _ bool) {
		flag := flagOf(strings.ToLower(strings.TrimPrefix(name, variablePrefix)))
		if text != "" && !typed[flag] {
			errs = append(errs, fill(flags, flag, text.(string), name))
		}
	}}
	if err := env.ParseWithOptions(v, options); err != nil {
		return errors.New("the SQUIRE_ variables cannot be read") // its own text holds what it read
	}
	options.OnSet = nil
	if err := env.ParseWithOptions(&v.sources, options); err != nil {
		return errors.New("the SQUIRE_ variables cannot be read")
	}
	return errors.Join(errs...)
}

// decisive are the variables without which a child would start with another
// environment than was meant: a slip in one of these must not pass unseen.
var decisive = [...]string{"SECRETS", "ENV_FILES", "DOTENV", "REQUIRE", "ENVIRONMENT", "CONFIG", "PRESERVE_ENV", "ON_CONFLICT", "ALLOW_NAME",
	"SERVER", "TOKEN_FILE", "OFFLINE", "SUPERVISE", "WATCH", "ON_CHANGE", "RESTART", "MASK", "STATUS_LISTEN"}

// misspelt is the variable that a name was meant to be: one that is a letter
// away (too many, too few, another, or two that changed places).
func misspelt(name string) (meant string) {
	for _, known := range decisive {
		if name == known {
			return ""
		}
		if oneLetterOff(name, known) {
			meant = known
		}
	}
	return meant
}

func oneLetterOff(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch len(a) - len(b) {
	case 0:
		return len(a) > 0 && a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
	case 1:
		return a[1:] == b
	case -1:
		return a == b[1:]
	}
	return false
}

// flagOf is the flag of a setting that has _ for -.
func flagOf(setting string) string { return strings.ReplaceAll(setting, "_", "-") }
