package inject

import "github.com/squire-env/squire/resolve"

// Scrub returns the environment without squire's own credentials, in its order.
// Whatever squire starts gets no more than that; Merge does the same by itself.
func Scrub(environ []string) []string {
	out := make([]string, 0, len(environ))
	for _, raw := range environ {
		if !isOwnCredential(nameOf(raw)) {
			out = append(out, raw)
		}
	}
	return out
}

func isOwnCredential(name string) bool { return resolve.IsOwnCredential(foldCase(name)) }
