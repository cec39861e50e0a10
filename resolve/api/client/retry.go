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

// A call is tried so often, with pauses of firstPause, each pauseGrows times
// the one before, less a part by chance: a fleet that starts at once should
// not come back at once.
const (
	maxTries    = 5
	firstPause  = 300 * time.Millisecond
	pauseGrows  = 3
	maxPause    = 8 * time.Second
	maxRetryFor = 10 * time.Second // of a Retry-After, which may say anything
)

// checkRetry says whether to try again. It is the only place that does.
func (c *Client) checkRetry(ctx context.Context, answer *http.Response, err error) (bool, error) {
	state := callOf(ctx)
	state.tries++
	if ctx.Err() != nil {
		if err != nil && state.last == nil {
			state.last = ctx.Err() // err may be the cause that somebody gave the deadline
		}
		return false, ctx.Err()
	}
	again := false
	state.refusal = nil
	switch {
	case err != nil:
		state.last = err
		state.heard = state.heard || !neverSent(err)
		again = passing(err)
	default:
		switch answer.StatusCode {
		case http.StatusTooManyRequests:
			state.last, again = statusError(answer.StatusCode), true // refused before anything was done
			state.refusal = c.refusal(answer)
			if state.refusal == nil {
				state.refusal = fmt.Errorf("%w: %s %s", resolve.ErrLimited, c.base, state.last)
			}
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			state.last, again = statusError(answer.StatusCode), true
			state.refusal = c.refusal(answer)
			state.heard = state.heard || state.refusal == nil // what squired itself refuses was not done
		}
	}
	if again && state.once && state.heard {
		again = false
	}
	if again && state.tries == 1 && !state.quiet {
		c.cfg.Warn(fmt.Sprintf("%s: %s; trying again", c.base, reason(state.last)))
	}
	return again, nil
}

// refusal is what squired itself says in an answer that is retried; nil if the
// answer is not squired's: a gateway answers so for a server that is gone.
func (c *Client) refusal(answer *http.Response) error {
	b, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(b))
	if refusal, ok := api.ParseError(b); ok && err == nil && isJSON(answer) {
		return refusal.Err()
	}
	return nil
}

type statusError int

func (s statusError) Error() string { return "answers with status " + strconv.Itoa(int(s)) }

// neverSent is true of what failed before the server could hear anything.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// backoff is the pause before a try.
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

// retryAfter reads the header of an answer that says when to retry.
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
