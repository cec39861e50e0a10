// Package stream stands between a command and our own standard streams, so that
// what it writes goes through a mask. Begin with New; Open and Started give the
// command its side, Ended takes the rest of what it wrote.
//
// The command sees what it would see without us. Where our standard input and
// output are a terminal it has one too, a pseudo-terminal of its own: colour,
// size, line editing, job control and one INT for one Ctrl-C are as ever. Where
// only an output is a terminal, that is a pseudo-terminal, and the keyboard
// stays where it is (in `squire run -- command | less` it is less that reads
// it). What is a pipe or a file is a pipe.
//
// Nothing is buffered without bound: if our output is full, the command waits;
// if nobody reads it any more, nobody reads the command's either. Nothing is
// lost at the end, and what the command leaves behind does not hold it up.
package stream
