// Package plan holds what a user asks for, as data: an ordered list of sources
// and how they merge. Flags, variables and squire.yaml all become one Plan; run,
// and every refresh of it, are uses of a Plan. Start with a Resolver:
//
//	p := plan.Plan{Sources: []plan.Source{
//		{Kind: plan.Dotenv, From: "--env-file", Path: ".env"},
//		{Kind: plan.Named, From: "--secret", Ref: resolve.Ref{Path: "db"}},
//	}}
//	r := plan.Resolver{Client: client, Environ: os.Environ()}
//	result, err := r.Resolve(ctx, p)
//
// It promises:
//
//   - A Plan can be printed, compared and changed: it holds no function, and no
//     value of it prints.
//   - A Result is complete, or there is none. All faults of all sources are
//     reported at once, and an Error knows the source of each.
//   - Named secrets are resolved first and at once, then the other sources in
//     order, so that ${…} in a .env file sees what earlier sources set.
//   - Resolve may be called again, for a refresh: what came from a pipe is kept.
//
// It makes no promise of compatibility.
package plan
