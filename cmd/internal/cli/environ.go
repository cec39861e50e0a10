package cli

import "strings"

// ByName takes the variables whose names begin with prefix from a list of
// NAME=VALUE. If a name is there twice the first counts, as in getenv of libc.
func ByName(environ []string, prefix string) map[string]string {
	all := map[string]string{}
	for _, kv := range environ {
		if name, text, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(name, prefix) {
			if _, twice := all[name]; !twice {
				all[name] = text
			}
		}
	}
	return all
}
