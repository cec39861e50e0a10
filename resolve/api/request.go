package api

import "context"

// RequestIDHeader carries the id of a write, so that a client may send it
// again when it did not hear the answer.
const RequestIDHeader = "Idempotency-Key"

type requestIDKey struct{}

// WithRequestID gives a write an id: 1 to 64 of A-Z a-z 0-9 - _. A write of
// the id that made the current version answers as it did the first time.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID is the id of a write, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
