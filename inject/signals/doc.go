// Package signals is what a process does with signals beneath Go's runtime: it
// knows which ones its starter had it ignore or block, and hands that on.
//
// Start with HandOn, right before an exec; Inherited is what this process was
// started with.
//
// Go's runtime installs its handlers before anything of ours runs, and forgets
// what was ignored. So the binary begins at an entry of our own, which reads that
// first: the linker's flag -E squire_entry names it, on Linux with amd64 or arm64.
// Without the flag all works but Inherited, which knows less then.
//
// It makes no promise of compatibility.
package signals
