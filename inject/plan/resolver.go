package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
)

// Resolver makes Results of Plans. Its methods may be called one at a time.
type Resolver struct {
	Client    *resolve.Client                  // of named secrets; nil: there are none
	Environ   []string                         // the inherited environment, as os.Environ gives it
	LookupEnv func(name string) (string, bool) // the local environment, for ${…} and LocalEnviron; nil: os.LookupEnv, without credentials of squire's
	Timeout   time.Duration                    // of one Resolve in all; 0: none
	Warn      func(text string)                // reports problems that do not stop the work; nil: nobody
	// Again says that Resolve will be called again: what comes from a pipe,
	// which can be read once, is kept for that.
	Again bool

	pipes  map[string][]byte // what came from each, by path
	labels map[string]string // of named secrets, by what was written
}

// Resolve resolves all sources of a Plan: all, or none. The error is an *Error,
// and joins every fault of every source, or those of the merge.
func (r *Resolver) Resolve(ctx context.Context, p Plan) (*Result, error) {
	a := attempt{Resolver: r, plan: &p, layers: make([]resolve.Layer, len(p.Sources)), result: &Result{Files: slices.Clip(p.Files)}}
	if r.Timeout > 0 {
		a.until = time.Now().Add(r.Timeout)
	}
	if r.Again && r.pipes == nil {
		r.pipes = map[string][]byte{}
	}
	err := a.resolve(ctx)
	a.warnings.Report(r.Warn)
	if err == nil {
		a.result.Environment, err = inject.Merge(r.Environ, a.layers, p.Merge)
	}
	if err != nil {
		return nil, &Error{err, r.labelsOf(&p)}
	}
	a.result.Sources = make([]SourceResult, len(p.Sources))
	for i, l := range a.layers {
		s := &p.Sources[i]
		a.result.Sources[i] = SourceResult{Label: l.Label, From: s.From, Remote: l.Remote, Absent: l.Absent, Version: l.Version, Vars: len(l.Vars), OnChange: s.OnChange}
	}
	return a.result, nil
}

// Watch waits until a named secret of a Result may have changed since the last
// Resolve: see resolve.Client.Watch.
func (r *Resolver) Watch(ctx context.Context, result *Result) error {
	if len(result.named) == 0 {
		return fmt.Errorf("%w: there is no named secret", errors.ErrUnsupported)
	}
	return r.Client.Watch(ctx, result.named...)
}

// learn notes what a provider calls a secret, so that a later failure names the
// same source.
func (r *Resolver) learn(written, label string) {
	if r.labels == nil {
		r.labels = map[string]string{}
	}
	r.labels[written] = label
}

func (r *Resolver) labelsOf(p *Plan) []string {
	all := make([]string, len(p.Sources))
	for i := range p.Sources {
		all[i] = p.Sources[i].label()
		if label := r.labels[all[i]]; label != "" && p.Sources[i].Kind == Named {
			all[i] = label
		}
	}
	return all
}

// attempt is one Resolve.
type attempt struct {
	*Resolver
	plan     *Plan
	until    time.Time       // zero: no limit
	layers   []resolve.Layer // of the sources
	result   *Result
	warnings Warnings
}

// resolve fills the layers. What is named comes first, and at once; the faults
// of the others are found although it failed.
func (a *attempt) resolve(ctx context.Context) error {
	named := a.named(ctx)
	a.warnings.misled = named != nil
	errs := make([]error, 0, len(a.plan.Sources)+1)
	for i := range a.plan.Sources {
		if a.plan.Sources[i].Kind != Named {
			errs = append(errs, a.local(ctx, i))
		}
	}
	return errors.Join(append(errs, named)...)
}

func (a *attempt) named(ctx context.Context) error {
	var indexes []int
	for i := range a.plan.Sources {
		if s := &a.plan.Sources[i]; s.Kind == Named {
			indexes = append(indexes, i)
			a.result.named = append(a.result.named, resolve.FromRef(s.Ref))
		}
	}
	if indexes == nil {
		return nil
	}
	layers, err := a.Client.Resolve(ctx, a.result.named...)
	if err != nil {
		return resolve.Reindex(err, len(indexes), func(i int) []int { return indexes[i : i+1] })
	}
	for i, l := range layers {
		a.layers[indexes[i]] = l
		if a.Again {
			a.learn(written(a.plan.Sources[indexes[i]].Ref), l.Label)
		}
	}
	return nil
}

// grace is for local sources where named ones have used up the time: what is
// wrong with a file must not be that a server is away.
const grace = time.Second

// local resolves a source of this machine, after all that stand before it: its
// ${…} may refer to them.
func (a *attempt) local(ctx context.Context, i int) error {
	secret := a.secret(i)
	a.result.Files = append(a.result.Files, secret.Files()...)
	config := resolve.ClientConfig{LookupEnv: a.LookupEnv}
	if !a.until.IsZero() {
		config.Timeout = max(time.Until(a.until), grace)
	}
	layers, err := resolve.NewClient(config).Resolve(ctx, secret)
	if err != nil {
		return &resolve.IndexError{Index: i, Err: err}
	}
	a.layers[i] = layers[0]
	for _, v := range layers[0].Vars {
		if v.NoValue {
			a.warnings.NoValue(v)
		}
	}
	if s := &a.plan.Sources[i]; s.Kind != Dotenv { // files of other programs have such names
		a.warnings.unusable(s.From, layers[0].Vars)
	}
	return nil
}
