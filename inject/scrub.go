package inject

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

// isOwnCredential is true of the names that open squire's own doors. Their
// _FILE siblings hold a path, and stay, as every other SQUIRE_ variable.
func isOwnCredential(name string) bool {
	switch fold(name) {
	case "SQUIRE_TOKEN", "SQUIRE_CACHE_KEY", "SQUIRE_MASTER_KEY",
		"SQUIRED_TOKEN", "SQUIRED_CACHE_KEY", "SQUIRED_MASTER_KEY", "SQUIRED_DATABASE_URL":
		return true
	}
	return false
}
