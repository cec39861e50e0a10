// Package status shows the state of the sources of an environment, and of the
// command that has it, over HTTP on a local address or a Unix socket:
//
//	/livez    200 while the main loop makes progress, else 503
//	/readyz   200 while the command runs, or if there is none; else 503, with one word that says why
//	/status   JSON
//	/metrics  the same for Prometheus
//
// Start with Listen, before the command starts, so that an address that is in
// use is an error of the start; then Serve.
//
// It promises: no value is in any answer, since none comes here; it only reads;
// it keeps no connection open; a client can delay its own probes, and nothing
// else.
//
// It makes no promise of compatibility.
package status
