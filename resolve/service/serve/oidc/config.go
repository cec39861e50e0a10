package oidc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Issuer is one whose tokens are accepted.
type Issuer struct {
	Issuer   string    `yaml:"issuer"`   // exactly as its tokens have it
	Audience oneOrMore `yaml:"audience"` // a token must be for one of them

	// Where its keys are; without either, the issuer's discovery document says.
	JWKSURL  string `yaml:"jwks_url"`
	JWKSFile string `yaml:"jwks_file"` // read again when it changes

	CAFile    string `yaml:"ca_file"`    // for discovery and keys; "": those of the system
	TokenFile string `yaml:"token_file"` // a bearer token for them; read at each request

	Algorithms  oneOrMore `yaml:"algorithms"` // none: RS256 and ES256
	TokenReview *Review   `yaml:"token_review"`
	Rules       []Rule    `yaml:"rules"` // the first that fits counts; where none does, nobody signs in
}

// Review asks a Kubernetes API server about each sign-in as well, so that the
// deletion of a pod or an account counts at once.
type Review struct {
	URL       string `yaml:"url"` // of the API server
	CAFile    string `yaml:"ca_file"`
	TokenFile string `yaml:"token_file"`
}

// Rule maps claims to a scope.
type Rule struct {
	// Claims are patterns by claim, all of which must fit: * is any run of
	// characters. A dot steps into an object (kubernetes.io.namespace).
	Claims       map[string]string `yaml:"claims"`
	Role         api.Role          `yaml:"role"`
	Environments oneOrMore         `yaml:"environments"` // patterns; all is "*", and none an error
	Names        oneOrMore         `yaml:"names"`        // as Environments
}

// oneOrMore is a list that may be written as its one element.
type oneOrMore []string

// UnmarshalYAML reads either.
func (l *oneOrMore) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		*l = oneOrMore{n.Value}
		return nil
	}
	return n.Decode((*[]string)(l))
}

const maxFile = 1 << 20

// Read reads a file of issuers. The error is an ErrInvalid, or of the file's
// reading; it tells lines and names, and nothing else of what is in the file.
func Read(path string) ([]Issuer, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("OIDC configuration: %w", err)
	}
	issuers, err := parse(b)
	if err != nil {
		return nil, resolve.WithHint(fmt.Errorf("OIDC configuration %s: %w", path, err), "%s", hintOr(err, example))
	}
	return issuers, nil
}

const example = `write issuers: [{issuer: "https://…", audience: squire, rules: [{claims: {sub: "system:serviceaccount:shop:*"}, role: resolve-only, environments: [main], names: ["shop-*"]}]}]`

func hintOr(err error, other string) string {
	if h := resolve.Hint(err); h != "" {
		return h
	}
	return other
}

func parse(b []byte) ([]Issuer, error) {
	var file struct {
		Issuers []Issuer `yaml:"issuers"`
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil && err != io.EOF {
		return nil, yamlError(err)
	}
	if err := d.Decode(&struct{}{}); err != io.EOF {
		return nil, fmt.Errorf("%w YAML: more than one document", resolve.ErrInvalid)
	}
	return file.Issuers, check(file.Issuers)
}

var yamlLine = regexp.MustCompile(`line \d+`)

// yamlError keeps the lines of a YAML error: its text quotes what it read.
func yamlError(err error) error {
	texts := []string{err.Error()}
	var types *yaml.TypeError
	if errors.As(err, &types) {
		texts = types.Errors
	}
	var faults []error
	for _, text := range texts {
		what := "not what belongs there"
		switch {
		case types == nil:
			what = "no YAML"
		case strings.Contains(text, "not found in type"):
			what = "no such field"
		case strings.Contains(text, "already defined"):
			what = "a field stands twice"
		}
		where := yamlLine.FindString(text) // the line comes first, what was read after it
		if where == "" {
			where = "YAML"
		}
		faults = append(faults, fmt.Errorf("%w: %s: %s", resolve.ErrInvalid, where, what))
	}
	return errors.Join(faults...)
}

// readFile reads a small file, and no more of a big one than tells that.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return b, err
}
