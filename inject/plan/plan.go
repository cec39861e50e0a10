package plan

import (
	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/inject/change"
	"github.com/squire-env/squire/resolve"
)

// Plan is what a user asks for. The zero Plan passes the inherited environment.
type Plan struct {
	Sources []Source       // in order; a later one wins
	Dotenv  DotenvOptions  // of all .env files
	Merge   inject.Options // how the sources meet each other and the inherited environment
	Files   []string       // what the Plan itself was read from: a change of one may make another Plan
}

// Source is one entry of the list. It is data: its values do not print.
type Source struct {
	Kind Kind
	// From is where it is written: "--secret", "SQUIRE_ENV_FILES",
	// "squire.yaml:7". Of a Dict it is also what messages call the source.
	From string

	Ref resolve.Ref // Named

	Dict map[string]*resolve.Value // Dict; nil values are ignored

	Names []string // LocalEnviron: variables to copy

	Path   string // Dotenv: the file; with Search the folder where the search starts
	Search string // Dotenv: the file name that is searched for upward; "": Path is read

	Selection resolve.Selection // of every kind but Named, whose Ref has it
	Optional  bool              // what is not there is left out; of every kind but Named, whose Ref has it

	OnChange *change.Action // what a change of it does; nil: what the whole Plan is used with says
}

// Kind is the kind of a source.
type Kind int

// The kinds of sources, those of modal.Secret.
const (
	Named        Kind = iota // a secret of a provider
	Dict                     // literals
	Dotenv                   // a .env file
	LocalEnviron             // variables copied from the local environment
)

func (k Kind) String() string {
	switch k {
	case Named:
		return "secret"
	case Dict:
		return "dict"
	case Dotenv:
		return "env file"
	case LocalEnviron:
		return "local environment"
	}
	return "unknown"
}

// DotenvOptions are how .env files are read.
type DotenvOptions struct {
	Format      resolve.DotenvDialect // "": python-dotenv's dialect
	Lenient     bool                  // skip bad statements, with a warning each
	Interpolate Interpolate           // "": All
}

// Interpolate says what ${NAME} in a .env file sees beside the names that the
// file has set before.
type Interpolate string

// The three rules of interpolation.
const (
	All   Interpolate = "all"   // earlier sources, then the local environment
	Local Interpolate = "local" // the local environment alone: python-dotenv's rule
	None  Interpolate = "none"  // nothing: every value stays as it is written
)

// label is what messages, the status and provenance call the source. Of a named
// secret its provider may know a better one.
func (s Source) label() string {
	switch s.Kind {
	case Named:
		return written(s.Ref)
	case Dotenv:
		if s.Search != "" {
			return s.Search
		}
		return s.Path
	case LocalEnviron:
		return s.Kind.String()
	}
	return s.From
}

// written is a reference as it was written, without its keys.
func written(r resolve.Ref) string { return resolve.Ref{Scheme: r.Scheme, Path: r.Path}.String() }
