package secrets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

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
	case bytes.Count(data, []byte(`"env_dict"`)) > 1 && !slices.Contains(own.Keys, "env_dict"):
		return nil, fmt.Errorf("%w JSON: duplicate field env_dict", resolve.ErrInvalid)
	}
	before := bytes.Count(data[:bytes.Index(data, own.EnvDict)], []byte("\n"))
	return append(bytes.Repeat([]byte("\n"), before), own.EnvDict...), nil
}
