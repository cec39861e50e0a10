// Package resolve turns secrets, from any kind of source, into environment
// variables.
//
// A Secret is a dictionary of environment variables. There are four kinds,
// those of modal.Secret: FromDict (or FromMap), FromLocalEnviron, FromDotenv and
// FromName. All are lazy: nothing is read before Hydrate, or before a Client
// resolves an ordered list of them, all or nothing. Start with a Client:
//
//	client, closer, err := provider.FromEnviron() // what the squire command would open
//	defer closer.Close()
//	layers, err := client.Resolve(ctx,
//		resolve.FromDotenv(),
//		resolve.FromName("db", resolve.RequiredKeys("PGUSER", "PGPASSWORD")))
//
// Named secrets are looked up by a Provider; resolve/provider opens all of them. If
// a provider can also create, list and delete secrets, it is a Manager, which
// Client.Objects uses.
//
// It promises: a plaintext is only in a Value, which does not print; an error
// names secrets, keys, files and lines, but no value; if required keys are missing,
// one error lists all of them, and none of those that exist. The API stays
// compatible.
package resolve
