// Package resolve says what a name means: it turns secrets, wherever they come
// from, into variables.
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
// What a name means is a Provider's business; resolve/provider opens them all.
// A provider that can also create, list and delete is a Manager, and then
// Client.Objects does.
//
// It promises: a plaintext is only ever held in a Value, which does not print;
// an error names secrets, keys, files and lines, never values; if required keys
// are missing, one error lists them all, and none of those that exist. The API
// stays compatible.
package resolve
