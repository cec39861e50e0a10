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

// maxAnswer limits a response, in bytes; a resolve of many secrets is the longest.
const maxAnswer = 64 << 20

// request is one call.
type request struct {
	method, path string
	query        url.Values
	body         any  // nil: none
	write        bool // a change: it has an id, by which the server recognises a retry
	once         bool // a change that has no id: it is not retried once the server may have received it
	quiet        bool // a retry is not reported to Warn
	stream       bool // the response is not JSON, and the caller reads it
}

// call is the state of a request and its retries.
type call struct {
	request
	started time.Time
	tries   int
	last    error // of the last try that failed
	refusal error // of squired itself, at the last try; nil: squired was not reached
	heard   bool  // the server may have processed a try
}

type callKey struct{}

func callOf(ctx context.Context) *call { c, _ := ctx.Value(callKey{}).(*call); return c }

// do sends a request and reads the response into out, unless that is nil.
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
	b, err := io.ReadAll(answer.Body) // from memory
	if err != nil {
		return state, c.unreachable(ctx, state, err)
	}
	if err := c.refused(ctx, state, answer, b); err != nil {
		return state, err
	}
	if out == nil || answer.StatusCode == http.StatusNoContent {
		return state, nil
	}
	if !isJSON(answer) || decode(b, out) != nil {
		return state, c.notSquired(answer.StatusCode)
	}
	return state, nil
}

// encode and decode are encoding/json, save for what a command that watches does
// at each change, and every start with a server.
func encode(body any) ([]byte, error) {
	if r, ok := body.(api.ResolveRequest); ok {
		return api.AppendResolveRequest(make([]byte, 0, 64+64*len(r.Secrets)), r), nil
	}
	return json.Marshal(body)
}

func decode(b []byte, out any) error {
	switch r := out.(type) {
	case *api.ResolveResponse:
		return api.UnmarshalResolveResponse(b, r)
	case *api.WatchResponse:
		return api.UnmarshalWatchResponse(b, r)
	}
	return json.Unmarshal(b, out)
}

func (c *Client) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.cfg.Timeout)
}

func (c *Client) send(ctx context.Context, state *call) (*http.Response, error) {
	if c.cfg.Offline {
		return nil, &Unreachable{resolve.WithHint(fmt.Errorf("%w: offline mode, %s is not contacted", resolve.ErrUnavailable, c.base), "leave out --offline")}
	}
	var body any
	if state.body != nil {
		b, err := encode(state.body)
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
		return nil, fmt.Errorf("%w request", resolve.ErrInvalid) // the text of err contains the URL
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

// refused returns the error in a response, or nil.
func (c *Client) refused(ctx context.Context, state *call, answer *http.Response, body []byte) error {
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		return nil
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return resolve.WithHint(fmt.Errorf("%w: %s responded with a redirect, which is not followed", resolve.ErrUnavailable, c.base),
			"set SQUIRE_SERVER to the address of squired itself")
	}
	if refusal, ok := api.ParseError(body); ok && isJSON(answer) {
		return refusal.Err()
	}
	switch answer.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return c.unreachable(ctx, state, statusError(answer.StatusCode)) // from a gateway whose server is down
	}
	return c.notSquired(answer.StatusCode)
}

// notSquired is the error for a response that is not from squired. Its content is
// not shown.
func (c *Client) notSquired(status int) error {
	return resolve.WithHint(fmt.Errorf("%w: %s responded (status %d), but not as squired does", resolve.ErrUnavailable, c.base, status),
		"set SQUIRE_SERVER to the address of squired; another service may be running at %s", c.base)
}

func isJSON(answer *http.Response) bool {
	text := answer.Header.Get("Content-Type")
	if text == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(text)
	return err == nil && media == "application/json"
}

// wholeAnswers reads every response to its end, so that a truncated one counts as
// a failed try.
type wholeAnswers struct{ next http.RoundTripper }

var errTooLong = errors.New("the response is too long")

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

// at joins the segments of a path, each escaped. The callers have checked them:
// "", "." and ".." would not arrive as segments.
func at(segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}
