// Package inject says what happens to an environment: the layers that the
// sources gave are merged over the inherited environment, each name once and
// with its provenance; the result is measured against the kernel's limits; the
// command is looked up in it, and exec'd.
//
//	env, err := inject.Merge(os.Environ(), layers, inject.Options{})
//	path, err := inject.LookPath(argv[0], env)
//	err = env.Check(path, argv)
//	err = inject.Exec(path, argv, env.Environ()) // returns only when it failed
//
// What it promises:
//
//   - The result is deterministic: inherited names first, in their order and
//     replaced in place, then new names in the order of the layers.
//   - Inherited names and bytes are passed as they are, never judged; squire's
//     own credentials are the one exception, and do not reach the child unless
//     Options.KeepCredentials says so.
//   - A remote layer cannot set a name that steers a loader or an interpreter,
//     unless it is allowed by name.
//   - All faults of a merge are reported at once, one line each (errors.Join),
//     and no message holds a value, nor a name that could be one.
//   - Nothing is done at start-up, and time grows no faster than the input.
//
// It imports the standard library and resolve, nothing else.
package inject
