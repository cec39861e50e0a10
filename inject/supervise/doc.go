// Package supervise is the parent of a command: it starts it, hands signals
// on, reaps whatever ends below it, restarts it, and ends with its exit code.
package supervise
