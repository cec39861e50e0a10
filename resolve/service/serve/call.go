package serve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/serve/internal/callers"
)

// call is one request while it is handled.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	caller callers.Caller // the service with the caller's rights; zero on open routes
	sent   bool           // the handler has already sent the answer
	read   []byte         // a small body that was read before the request had a slot, or nil
}

var errNoRoute = resolve.WithHint(fmt.Errorf("no such path: %w", resolve.ErrNotFound), "GET /openapi.json lists all paths")

// serve answers one request for a route.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, route *Route) {
	began := time.Now()
	c := &call{server: s, w: w, r: r}
	status := c.run(route)
	route.metric.done(status, time.Since(began))
	if ce := s.log.Check(zap.DebugLevel, "request"); ce != nil {
		ce.Write(zap.String("method", r.Method), zap.String("route", route.Path), zap.Int("status", status),
			zap.Duration("took", time.Since(began)), zap.Stringer("client", s.clientAddress(r)))
	}
}

func (c *call) run(route *Route) (status int) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			// The value of the panic may contain a secret; the stack does not.
			c.server.log.Error("a request panicked", zap.String("route", route.Path), zap.ByteString("stack", debug.Stack()))
			status = c.fail(errors.New("panic"))
		}
	}()
	slots := c.server.requests
	if route.watch {
		slots = c.server.watches
	}
	if !route.Open {
		if !c.server.early.take() {
			return c.busy()
		}
		err := c.readEarly()
		c.server.early.give()
		if err != nil {
			return c.fail(err)
		}
		if !slots.take() {
			return c.busy()
		}
		defer slots.give()
		if err := c.signIn(route.long); err != nil {
			return c.fail(err)
		}
		if c.r.URL.RawQuery != "" && !route.query {
			return c.fail(api.Errorf("this call takes no parameters in its URL"))
		}
	}
	if route.long { // the caller is known by now
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // not every writer supports it
	}
	answer, err := route.handle(c)
	if err != nil {
		return c.fail(err)
	}
	if c.sent {
		return http.StatusOK
	}
	status = http.StatusOK
	switch {
	case answer == noAnswer:
		status = http.StatusNoContent
	case route.status != 0:
		status = route.status
	}
	return c.answer(status, answer)
}

func (c *call) busy() int {
	c.w.Header().Set("Retry-After", "1")
	return c.fail(fmt.Errorf("%w: too many requests in flight", resolve.ErrBusy))
}

// Values of headers that most answers share, in the form that http.Header stores.
var (
	jsonType = []string{"application/json"}
	noStore  = []string{"no-store"}
	noSniff  = []string{"nosniff"}
)

func (c *call) answer(status int, body any) int {
	if body == noAnswer {
		c.w.Header()["Cache-Control"] = noStore
		c.w.WriteHeader(status)
		return status
	}
	b, err := json.Marshal(body)
	if err != nil {
		return c.fail(err)
	}
	c.write(status, append(b, '\n'))
	return status
}

// write sends a complete body with its length.
func (c *call) write(status int, body []byte) {
	h := c.w.Header()
	h["Content-Type"] = jsonType
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // the client may be gone, and then nobody needs the error
	c.sent = true
}

// fail answers with an error, and counts it if it is a failed sign-in.
func (c *call) fail(err error) int {
	if errors.Is(err, resolve.ErrNoIdentity) {
		err = c.failedSignIn(err)
	}
	body, status := api.NewError(err)
	if status >= 500 {
		fields := []zap.Field{zap.String("path", c.r.Pattern), zap.String("code", body.Code), zap.String("message", body.Message)}
		if body.Hint != "" {
			fields = append(fields, zap.String("hint", body.Hint))
			body = forClient(body)
		}
		c.server.log.Error("a request failed", fields...)
	}
	return c.refuseWith(status, body)
}

// forClient replaces the hints of a failure of the server: they are for its
// administrator, and name settings that the client does not have.
func forClient(body api.Error) api.Error {
	const hint = "ask the administrator of the server: its log says what to do"
	body.Hint = hint
	for i := range body.Faults {
		body.Faults[i].Hint = ""
	}
	if len(body.Faults) > 0 {
		body.Faults[0].Hint = hint
	}
	return body
}

func (c *call) refuseWith(status int, body api.Error) int {
	if c.sent {
		panic(http.ErrAbortHandler) // the client must not take a truncated answer for a complete one
	}
	b, err := json.Marshal(api.ErrorBody{Error: body})
	if err != nil {
		b = []byte(`{"error":{"code":"internal","message":"internal error"}}`)
	}
	if c.r.ContentLength > maxBody {
		c.w.Header().Set("Connection", "close") // instead of reading the rest of it
	}
	c.write(status, append(b, '\n'))
	return status
}

// refuse answers a request that matches no route, with the given status.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	body, _ := api.NewError(err)
	c := &call{server: s, w: w, r: r}
	c.refuseWith(status, body)
	s.metrics.unrouted.Inc()
}
