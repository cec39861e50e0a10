// Package supervise is the parent of a command: it starts it, hands signals
// on, reaps whatever ends below it, restarts it, and ends with its exit code.
//
//	p := supervise.New(supervise.Config{Command: c})
//	code, err := p.Run() // until the command has ended for good
//
// What it promises:
//
//   - One owner of waiting: all that is started here is waited for in one loop,
//     in one thread, so that no status is stolen and no zombie stays.
//   - A signal that came after Run began reaches the command, or ends it.
//   - Never two commands at once: a new one starts when the old one's process
//     group is gone, by KILL where it must be.
//   - The command does not outlive its parent (Linux), and finds nothing of it
//     in /proc.
//   - The terminal is the command's while it runs, and ours again at the end.
//
// As PID 1 and as a child subreaper it adopts orphans. On Windows there is no
// parent: Run is errors.ErrUnsupported.
package supervise
