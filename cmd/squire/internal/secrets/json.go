package secrets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/squire-env/squire/resolve"
)

// ownJSON returns the keys and values alone if data is what secret get --json
// --reveal prints, and data itself otherwise. The lines stay those of data.
func ownJSON(data []byte) ([]byte, error) {
	var own struct {
		shownSecret
		EnvDict json.RawMessage `json:"env_dict"`
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // a key beside env_dict would be lost
	if d.Decode(&own) != nil || own.Name == "" || d.More() {
		return data, nil
	}
	switch dict := own.EnvDict; {
	case dict == nil && own.Keys != nil:
		return nil, resolve.WithHint(fmt.Errorf("%w JSON: the values are missing", resolve.ErrInvalid), "squire secret get NAME --json --reveal")
	case dict == nil || dict[0] != '{':
		return data, nil
	case dicts(data) > 1:
		return nil, fmt.Errorf("%w JSON: duplicate field env_dict", resolve.ErrInvalid)
	}
	before := bytes.Count(data[:bytes.Index(data, own.EnvDict)], []byte("\n"))
	return append(bytes.Repeat([]byte("\n"), before), own.EnvDict...), nil
}

// dicts counts the fields that encoding/json takes for env_dict, of which it
// takes the last: in any case, and however they are escaped.
func dicts(data []byte) (n int) {
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil { // the brace
		return 0
	}
	for d.More() {
		field, err := d.Token()
		if name, ok := field.(string); err == nil && ok && strings.EqualFold(name, "env_dict") {
			n++
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			break
		}
	}
	return n
}
