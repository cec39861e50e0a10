// Package change says what a change of the environment does to a command that
// runs already: an Action, as --on-change and on_change write it, with the
// names of signals that it needs. Start with ParseAction:
//
//	action, err := change.ParseAction("signal:HUP")
//	strongest := change.Stronger(action, change.Action{Kind: change.Restart})
//
// It promises that what ParseAction reads, String writes, but for the
// arguments of exec:, which may hold a value. It is data alone: package
// supervise acts on it. It makes no promise of compatibility.
package change
