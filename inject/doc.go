// Package inject says what happens to an environment: the layers of the sources
// are merged over the inherited environment, each name once and with its
// provenance; the result is checked against the kernel's limits; the command is
// looked up in it, and exec'd. Start with Merge:
//
//	env, err := inject.Merge(os.Environ(), layers, inject.Options{})
//	path, err := inject.LookPath(argv[0], env)
//	err = env.Check(path, argv)
//	err = inject.Exec(path, argv, env.Environ()) // returns only when it failed
//
// It promises:
//
//   - The result is deterministic: inherited names first, in their order and
//     replaced in place, then new names in the order of the layers.
//   - Inherited names and bytes are passed as they are, never judged. Squire's
//     own credentials never reach the command, unless Options say so.
//   - A remote layer cannot set a name that steers a loader or an interpreter,
//     unless it is allowed by name.
//   - All faults of a merge are reported at once, one line each (errors.Join),
//     and no message holds a value, nor a name that could be one.
//   - Nothing is done at start-up, and time grows no faster than the input.
//
// It imports the standard library and resolve, nothing else. It makes no promise
// of compatibility.
package inject
