// Package refresh keeps an environment current: it waits until one of the
// sources may have changed, resolves them all again, and tells of a set whose
// environment is another one, with what that is to do to the command.
//
//	r := refresh.New(first, refresh.Config{Resolve: resolve, Changed: parent.Change, …})
//	r.Run(ctx)   // beside the command
//	r.State()    // at any time, from anywhere
//
// What it promises:
//
//   - All or nothing: a refresh that failed leaves the last complete set, is
//     told, and tried again. Nothing partial is ever used.
//   - The state after the last change is reached; how often sources changed
//     before does not count. A change while Run begins, or while a refresh is
//     under way, is not lost. Where nothing tells of changes, Poll finds them.
//   - Values are compared. A source that was written, and says the same, is no
//     change, nor are the same variables in another order.
//   - A file that was seen half-written either fails, and is tried again, or
//     is taken as it is: nobody can tell a short file from an unfinished one.
//     The debounce is the help; who renames a whole file into place needs none.
//   - No value in State, nor in any error that is made here.
//
// It works on one goroutine, which sleeps until something happens.
package refresh
