// Package seam holds what the tests and benchmarks of the service may replace
// in it and its users may not. Some of it weakens what the service promises, so
// only packages below resolve/service can make a Seam or look into one.
package seam

import "os"

// Seam is a field of service.Config. Its zero value changes nothing.
type Seam struct{ options Options }

// Options are the parts that can be replaced.
type Options struct {
	// Step is called before each step that a crash may fall between; an error
	// stops there.
	Step func(step string) error
	// Sync replaces what makes the audit lines of a held store's reads durable.
	Sync func(*os.File) error
	// NoAudit leaves out the audit lines of reads.
	NoAudit bool
}

// New makes a Seam.
func New(o Options) Seam { return Seam{o} }

// Of returns what a Seam replaces.
func Of(s Seam) Options { return s.options }
