// Package atomicfile writes small files that must not leak and must not be lost:
// keys, tokens, caches, outputs.
//
// Start with Write, which creates or replaces a file, or with Folder, a private
// folder of such files. It promises:
//
//   - Atomic: a reader sees the old file or the new one, never a part, even if the
//     process is killed.
//   - Durable: after a call has returned nil, the file survives a power failure.
//     The file is synced before it gets its name, and its folder afterwards.
//   - Private: files are created with mode 0600 and folders with 0700; CheckFile and
//     CheckDir reject what other users can open. Symbolic links are not followed
//     where another user could have created one.
//
// Lock takes a lock file, which is never renamed: a process that waits for a lock
// on a file that is being replaced would get the lock of the deleted file.
//
// On Windows the mode does not say who can open a file, symbolic links need a
// privilege, and renames are durable without a sync: these checks always pass.
//
// The package is a leaf: it imports the standard library and x/sys only. It makes
// no promise of compatibility.
package atomicfile
