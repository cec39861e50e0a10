// Package supervise is the parent of a command: it starts it, forwards signals,
// reaps whatever ends below it, restarts it, and ends with its exit code. Start
// with New:
//
//	p := supervise.New(supervise.Config{Command: c})
//	code, err := p.Run() // until the command has ended for good
//
// It promises:
//
//   - One owner of waiting: one loop in one thread waits for everything that is
//     started here, so that no status is stolen and no zombie stays.
//   - A signal that came after Run began reaches the command, or ends it.
//   - Never two commands at once: a new one starts when the old one is gone with
//     all that it has started (Linux; elsewhere, with its process group), by KILL
//     if necessary.
//   - The command does not outlive its parent (Linux), and finds nothing of it
//     in /proc.
//   - The terminal is the command's while it runs, and ours again at the end.
//
// As PID 1 and as a child subreaper it adopts orphans. On Windows there is no
// parent: Run is errors.ErrUnsupported.
//
// It makes no promise of compatibility.
package supervise
