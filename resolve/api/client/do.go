package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// maxAnswer bounds an answer, in bytes: a resolve of many secrets.
const maxAnswer = 64 << 20

// request is one call.
type request struct {
	method, path string
	query        url.Values
	body         any  // nil: none
	write        bool // it changes something: it has an id, by which a second try is known
	once         bool // it must not be done twice, and the server cannot tell: no try after it may have been heard
	quiet        bool // a failed try is not warned of
	stream       bool // its answer is not JSON, and is read by the caller
}

// call is the state of a request in its tries.
type call struct {
	request
	started time.Time
	tries   int
	last    error // of the last try that failed
	refusal error // what squired itself said at the last try; nil: it was not reached
	heard   bool  // a try may have been done by the server
}

type callKey struct{}

func callOf(ctx context.Context) *call { c, _ := ctx.Value(callKey{}).(*call); return c }

// do sends a request and reads its answer into out; nil reads nothing.
func (c *Client) do(ctx context.Context, r request, out any) error {
	_, err := c.doCall(ctx, r, out)
	return err
}

func (c *Client) doCall(ctx context.Context, r request, out any) (*call, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	state := &call{request: r, started: time.Now()}
	answer, err := c.send(ctx, state)
	if err != nil {
		return state, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body) // it is whole already
	if err != nil {
		return state, c.unreachable(ctx, state, err)
	}
	if err := c.refused(ctx, state, answer, b); err != nil {
		return state, err
	}
	if out == nil || answer.StatusCode == http.StatusNoContent {
		return state, nil
	}
	if !isJSON(answer) || json.Unmarshal(b, out) != nil {
		return state, c.notSquired(answer.StatusCode)
	}
	return state, nil
}

func (c *Client) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.cfg.Timeout)
}

func (c *Client) send(ctx context.Context, state *call) (*http.Response, error) {
	if c.cfg.Offline {
		return nil, &Unreachable{resolve.WithHint(fmt.Errorf("%w: %s is not asked, offline", resolve.ErrUnavailable, c.base), "leave out --offline")}
	}
	var body any
	if state.body != nil {
		b, err := json.Marshal(state.body)
		if err != nil {
			return nil, err
		}
		body = b
	}
	target := c.base + state.path
	if len(state.query) > 0 {
		target += "?" + state.query.Encode()
	}
	r, err := retryablehttp.NewRequestWithContext(context.WithValue(ctx, callKey{}, state), state.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("%w request", resolve.ErrInvalid) // its own text holds the URL
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "squire")
	if state.write {
		id := api.RequestID(ctx)
		if id == "" {
			id = rand.Text()
		}
		r.Header.Set(api.RequestIDHeader, id)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, c.unreachable(ctx, state, err)
	}
	return answer, nil
}

// refused is the error that an answer tells, or nil.
func (c *Client) refused(ctx context.Context, state *call, answer *http.Response, body []byte) error {
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		return nil
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return resolve.WithHint(fmt.Errorf("%w: %s answers with a redirect, which is not followed", resolve.ErrUnavailable, c.base),
			"set SQUIRE_SERVER to the address of squired itself")
	}
	if refusal, ok := api.ParseError(body); ok && isJSON(answer) {
		return refusal.Err()
	}
	switch answer.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return c.unreachable(ctx, state, statusError(answer.StatusCode)) // a gateway speaks for a server that is gone
	}
	return c.notSquired(answer.StatusCode)
}

// notSquired is the error of an answer that is not squired's. What it
// holds is not shown.
func (c *Client) notSquired(status int) error {
	return resolve.WithHint(fmt.Errorf("%w: %s answers (status %d) with something that is no answer of squired", resolve.ErrUnavailable, c.base, status),
		"set SQUIRE_SERVER to the address of squired; what is at %s?", c.base)
}

func isJSON(answer *http.Response) bool {
	media, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	return err == nil && media == "application/json"
}

// wholeAnswers reads every answer to its end: one that was cut off is a failed
// try, as one that never came.
type wholeAnswers struct{ next http.RoundTripper }

var errTooLong = errors.New("the answer is too long")

func (w *wholeAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if c := callOf(r.Context()); c != nil && c.stream && answer.StatusCode == http.StatusOK {
		return answer, nil
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxAnswer {
		return nil, errTooLong
	}
	answer.Body = io.NopCloser(bytes.NewReader(b))
	return answer, nil
}

// at joins the segments of a path, each escaped. One that the server's mux
// would not take for a segment is refused before it is sent.
func at(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}
