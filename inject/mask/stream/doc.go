// Package stream is between a command and our own standard streams, so that
// what the command writes goes through a mask. Start with New; Open and Started
// give the command its side, Ended takes the rest of what it wrote.
//
// The command sees what it would see without us. If our standard input and
// output are a terminal, it has a pseudo-terminal of its own: colour, size, line
// editing, job control and one INT for one Ctrl-C work as ever. If only an output
// is a terminal, that is a pseudo-terminal, and the keyboard stays where it is
// (in `squire run -- command | less`, less reads it). What is a pipe or a file is
// a pipe.
//
// Nothing is buffered without bound: if our output is full, the command waits;
// if nobody reads it any more, nobody reads the command's either. Nothing is
// lost at the end, and what processes that the command has left still write is
// passed on as long as the caller likes.
//
// It makes no promise of compatibility.
package stream
