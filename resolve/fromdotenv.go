package resolve

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/squire-env/squire/resolve/dotenv"
)

// What package dotenv calls Format, Options and Unset, for those who import
// resolve alone.
type (
	DotenvDialect = dotenv.Format
	DotenvOptions = dotenv.Options
	DotenvUnset   = dotenv.Unset
)

// DotenvOption is an option of FromDotenv.
type DotenvOption func(*dotenvSource)

type dotenvSource struct {
	start, name, file string
	format            dotenv.Format
	skipped           func(error)
	parser            func(*dotenv.Options)
	pipes             map[string][]byte
	data              []byte
}

// DotenvPath starts the search in a folder, or in the folder of a file,
// instead of the working directory.
func DotenvPath(path string) DotenvOption { return func(d *dotenvSource) { d.start = path } }

// DotenvName searches for another file name than .env, such as .env-dev.
func DotenvName(name string) DotenvOption { return func(d *dotenvSource) { d.name = name } }

// DotenvFile reads this file and searches nothing.
func DotenvFile(path string) DotenvOption { return func(d *dotenvSource) { d.file = path } }

// DotenvFormat reads another dialect than python-dotenv's.
func DotenvFormat(f DotenvDialect) DotenvOption { return func(d *dotenvSource) { d.format = f } }

// DotenvLenient skips invalid statements and reports each, instead of rejecting
// the file.
func DotenvLenient(skipped func(error)) DotenvOption {
	return func(d *dotenvSource) { d.skipped = skipped }
}

// DotenvParser adjusts the options of the parser, the last thing before the file
// is parsed.
func DotenvParser(adjust func(*DotenvOptions)) DotenvOption {
	return func(d *dotenvSource) { d.parser = adjust }
}

// DotenvPipes keeps what is read from a FIFO, such as a shell makes of
// <(command), by its path: it can be read once, and may be gone after that. A
// file that takes its place counts. The map is not safe for concurrent use.
func DotenvPipes(kept map[string][]byte) DotenvOption {
	return func(d *dotenvSource) { d.pipes = kept }
}

// DotenvData is the text itself, which is not empty. DotenvFile says what messages
// call it.
func DotenvData(data []byte) DotenvOption { return func(d *dotenvSource) { d.data = data } }

// FromDotenv returns a secret with the variables of a .env file, which is
// searched for from the working directory upward. The dialect is package dotenv's.
func FromDotenv(options ...DotenvOption) *Secret {
	d := dotenvSource{name: ".env"}
	for _, o := range options {
		o(&d)
	}
	label := d.file
	if label == "" {
		label = d.name
	}
	return &Secret{source: label, local: d.load, files: d.files}
}

func (d *dotenvSource) files() []string {
	if d.file != "" {
		return []string{d.file}
	}
	return dotenv.Candidates(d.start, d.name)
}

func (d *dotenvSource) load(ctx context.Context, c *Client) ([]Var, error) {
	path := d.file
	if path == "" {
		start := d.start
		if start == "" {
			start = "."
		}
		found, err := dotenv.Find(start, d.name)
		if err != nil {
			return nil, err
		}
		path = found
		if wd, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(wd, found); err == nil && !strings.HasPrefix(rel, "..") {
				path = rel // shorter in messages
			}
		}
	}
	data, err := d.read(ctx, path)
	if err != nil {
		return nil, err
	}
	if encoding := dotenv.Encoding(data); encoding != "" { // Parse would take the NUL bytes of UTF-16 for characters
		return nil, &dotenv.EncodingError{File: path, Encoding: encoding}
	}
	options := dotenv.Options{File: path, Format: d.format, Lookup: c.lookupEnv}
	if d.skipped != nil {
		options.Skipped = func(f dotenv.Fault) { d.skipped(f) }
	}
	if d.parser != nil {
		d.parser(&options)
	}
	parsed, err := dotenv.Parse(data, options)
	if err != nil {
		return nil, err
	}
	vars := make([]Var, len(parsed))
	for i, p := range parsed {
		vars[i] = Var{Name: p.Name, Value: NewValue(p.Value), Where: Place{path, p.Line, p.Column}, Remote: p.Foreign, NoValue: p.NoValue}
	}
	return vars, nil
}

func (d *dotenvSource) read(ctx context.Context, path string) ([]byte, error) {
	if d.data != nil {
		return d.data, nil
	}
	if d.pipes == nil {
		return dotenv.ReadFile(ctx, path)
	}
	info, err := os.Stat(path)
	isPipe := err == nil && info.Mode().Type() == fs.ModeNamedPipe
	if kept, ok := d.pipes[path]; ok && (isPipe || err != nil) {
		return kept, nil
	}
	data, err := dotenv.ReadFile(ctx, path)
	if err == nil && isPipe {
		d.pipes[path] = data
	}
	return data, err
}
