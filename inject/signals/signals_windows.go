package signals

// HandOn does nothing: Windows has no signals.
func HandOn() {}

// EndByDefault does nothing.
func EndByDefault() {}
