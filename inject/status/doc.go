// Package status shows what may be known of the sources of an environment, and
// of the command that has it, over HTTP on a local address or a Unix socket:
//
//	/livez    200 while the main loop makes progress: else 503
//	/readyz   200 while the command runs, or where there is none: else 503, and in one word why not
//	/status   JSON
//	/metrics  the same for Prometheus
//
// Start with Listen, before the command starts, so that an address that is in
// use is a fault of the start; then Serve.
//
// What it promises: no value is in any answer, since none comes here; it only
// reads; it keeps no connection open; a stranger can hold up its probes, and
// nothing else.
package status
