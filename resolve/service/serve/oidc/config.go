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

// Issuer is an issuer whose tokens are accepted.
type Issuer struct {
	Issuer   string    `yaml:"issuer"`   // exactly as in its tokens
	Audience oneOrMore `yaml:"audience"` // a token must be for one of these

	// Where its keys are; without either, the discovery document of the issuer says.
	JWKSURL  string `yaml:"jwks_url"`
	JWKSFile string `yaml:"jwks_file"` // read again when it changes

	CAFile    string `yaml:"ca_file"`    // trusted for discovery and keys; "": the CAs of the system
	TokenFile string `yaml:"token_file"` // a bearer token for these requests; read for each

	Algorithms  oneOrMore `yaml:"algorithms"` // empty: RS256 and ES256
	TokenReview *Review   `yaml:"token_review"`
	Rules       []Rule    `yaml:"rules"` // the first match applies; without a match the caller is refused
}

// Review also asks a Kubernetes API server at each sign-in, so that the deletion
// of a pod or an account takes effect at once.
type Review struct {
	URL       string `yaml:"url"` // of the API server
	CAFile    string `yaml:"ca_file"`
	TokenFile string `yaml:"token_file"`
}

// Rule maps claims to a scope.
type Rule struct {
	// Claims has a pattern for each claim, and all must match: * matches any
	// number of characters. A dot selects inside an object
	// (kubernetes.io.namespace).
	Claims       map[string]string `yaml:"claims"`
	Role         api.Role          `yaml:"role"`
	Environments oneOrMore         `yaml:"environments"` // patterns; "*" matches all, and an empty list is an error
	Names        oneOrMore         `yaml:"names"`        // like Environments
}

// oneOrMore is a list; a list of one element may be written without brackets.
type oneOrMore []string

// UnmarshalYAML accepts both forms.
func (l *oneOrMore) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		*l = oneOrMore{n.Value}
		return nil
	}
	return n.Decode((*[]string)(l))
}

const maxFile = 1 << 20

// Read reads a file of issuers. The error is an ErrInvalid, or says why the file
// cannot be read. It contains line numbers and names, and nothing else from the
// file.
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

// yamlError keeps only the line numbers of a YAML error: its text quotes the
// file.
func yamlError(err error) error {
	texts := []string{err.Error()}
	var types *yaml.TypeError
	if errors.As(err, &types) {
		texts = types.Errors
	}
	var faults []error
	for _, text := range texts {
		what := "wrong type"
		switch {
		case types == nil:
			what = "invalid YAML"
		case strings.Contains(text, "not found in type"):
			what = "unknown field"
		case strings.Contains(text, "already defined"):
			what = "duplicate field"
		}
		where := yamlLine.FindString(text) // the line number comes before any text of the file
		if where == "" {
			where = "YAML"
		}
		faults = append(faults, fmt.Errorf("%w: %s: %s", resolve.ErrInvalid, where, what))
	}
	return errors.Join(faults...)
}

// readFile reads a small file; of a large one, only enough to see that it is.
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
