package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// A failed call is retried with exponential backoff and jitter: a fleet that
// starts at the same time should not retry at the same time.
const (
	maxTries    = 5
	firstPause  = 300 * time.Millisecond
	pauseGrows  = 3
	maxPause    = 8 * time.Second
	maxRetryFor = 10 * time.Second // limit for Retry-After
)

// checkRetry decides whether to retry. Nothing else does.
func (c *Client) checkRetry(ctx context.Context, answer *http.Response, err error) (bool, error) {
	state := callOf(ctx)
	state.tries++
	if ctx.Err() != nil {
		if err != nil && state.last == nil {
			state.last = ctx.Err() // err may be the context's cause
		}
		return false, ctx.Err()
	}
	again := false
	state.refusal = nil
	switch {
	case err != nil:
		state.last = err
		state.heard = state.heard || !neverSent(err)
		again = isTransient(err)
	default:
		switch answer.StatusCode {
		case http.StatusTooManyRequests:
			state.last, again = statusError(answer.StatusCode), true // rejected before it was processed
			state.refusal = c.refusal(answer)
			if state.refusal == nil {
				state.refusal = fmt.Errorf("%w: %s %s", resolve.ErrLimited, c.base, state.last)
			}
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			state.last, again = statusError(answer.StatusCode), true
			state.refusal = c.refusal(answer)
			state.heard = state.heard || state.refusal == nil // what squired itself rejects was not processed
		}
	}
	if again && state.once && state.heard {
		again = false
	}
	if again && state.tries == 1 && !state.quiet {
		c.cfg.Warn(fmt.Sprintf("%s: %s; retrying", c.base, reason(state.last)))
	}
	return again, nil
}

// refusal is the error in a response that is retried; nil if the response is not
// from squired but from a gateway whose server is down.
func (c *Client) refusal(answer *http.Response) error {
	b, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(b))
	if refusal, ok := api.ParseError(b); ok && err == nil && isJSON(answer) {
		return refusal.Err()
	}
	return nil
}

type statusError int

func (s statusError) Error() string { return "responded with status " + strconv.Itoa(int(s)) }

// neverSent says whether a try failed before the server could receive anything.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// backoff is the pause before a retry.
func (c *Client) backoff(_, _ time.Duration, attempt int, answer *http.Response) time.Duration {
	pause := firstPause
	for range attempt {
		pause = min(pause*pauseGrows, maxPause)
	}
	pause = pause/2 + rand.N(pause/2)
	if wait, ok := retryAfter(answer); ok {
		pause = min(wait, maxRetryFor) + rand.N(firstPause)
	}
	if c.cfg.testWait != nil {
		return c.cfg.testWait(pause)
	}
	return pause
}

// retryAfter reads the Retry-After header of a response.
func retryAfter(answer *http.Response) (time.Duration, bool) {
	if answer == nil {
		return 0, false
	}
	text := answer.Header.Get("Retry-After")
	if s, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(s) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(time.Until(at), 0), true
	}
	return 0, false
}
