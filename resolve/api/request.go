package api

import "context"

// RequestIDHeader carries the id of a write, so that a client can retry a write
// whose response it did not receive.
const RequestIDHeader = "Idempotency-Key"

type requestIDKey struct{}

// WithRequestID gives a write an id: 1 to 64 of A-Z a-z 0-9 - _. A write with
// the id of the write that created the current version returns the same as then.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of a write, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
