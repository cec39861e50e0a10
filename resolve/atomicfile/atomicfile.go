// Package atomicfile keeps small files that must not leak and must not be
// lost: keys, tokens, caches, stores, outputs.
//
// Start with Write, which replaces or creates a file, or with Folder, which is
// a private folder of such files. It promises:
//
//   - Whole: a reader sees the old file or the new one, never a part, whatever
//     fails and whenever the process is killed.
//   - Durable: once a call has returned nil, the file survives a power cut. Its
//     data are synced before it gets its name, its folder afterwards.
//   - Private: files are made 0600 and folders 0700, whatever the umask allows;
//     CheckFile and CheckDir refuse what other users may open. A link is not
//     followed where another user could have put it there to lead us elsewhere.
//
// What is locked is a file of its own that is never renamed: who waits for a
// lock on a file that is then replaced gets it on the file without a name.
//
// On Windows modes say nothing about who may open a file, links need a
// privilege, and names are durable without a sync: the checks pass there.
//
// The package is a leaf: it imports the standard library and x/sys only, so its
// errors are its own or the system's. It makes no promise of compatibility.
package atomicfile
