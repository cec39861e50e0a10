// Package refresh keeps the Result of a Plan current: it waits until one of the
// sources may have changed, resolves them all again, and reports a Result whose
// environment is another one, with what that is to do. It knows no command.
// Start with New:
//
//	r := refresh.New(first, refresh.Config{Resolve: resolve, Watch: resolver.Watch, Changed: changed, …})
//	r.Run(ctx)   // beside the command
//	r.State()    // at any time, from anywhere
//
// It promises:
//
//   - All or nothing: a refresh that failed leaves the last complete Result, is
//     reported, and retried with exponential backoff.
//   - The state after the last change is reached; how often sources changed
//     before does not matter. A change while Run begins, or during a refresh, is
//     not lost. Where nothing reports changes, Poll finds them.
//   - Values are compared. A source that was written, and says the same, is no
//     change, nor are the same variables in another order.
//   - A file that was read half-written either fails, and is retried, or is
//     taken as it is: nobody can tell a short file from an unfinished one. The
//     debounce helps; renaming a whole file into place is always safe.
//   - No value in State, nor in any error that is made here.
//
// It works on one goroutine, which sleeps until something happens.
//
// It makes no promise of compatibility.
package refresh
