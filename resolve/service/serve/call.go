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

// call is one request on its way.
type call struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	caller callers.Caller // the service with the caller's rights; zero on open routes
	sent   bool           // the handler has answered by itself
	read   []byte         // a small body, which was read before there was a slot; nil: none was
}

var errNoRoute = resolve.WithHint(fmt.Errorf("no such path: %w", resolve.ErrNotFound), "GET /openapi.json lists them")

// serve answers one request of a route.
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
			// The panic's own text may hold anything; where it was raised does not.
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
	if route.long { // who is calling is known by now
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // not every writer has one
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
	return c.fail(fmt.Errorf("%w: too many requests are in work", resolve.ErrBusy))
}

// Headers that most answers share, as the map of headers has them.
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

// write sends a whole body, of which the client knows the length.
func (c *call) write(status int, body []byte) {
	h := c.w.Header()
	h["Content-Type"] = jsonType
	h["Cache-Control"] = noStore
	h["X-Content-Type-Options"] = noSniff
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // the client may be gone; whether it heard is for it to say
	c.sent = true
}

// fail answers with an error, and counts a failed sign-in.
func (c *call) fail(err error) int {
	if errors.Is(err, resolve.ErrNoIdentity) {
		err = c.failedSignIn(err)
	}
	told, status := api.NewError(err)
	if status >= 500 {
		c.server.log.Error("a request failed", zap.String("path", c.r.Pattern), zap.String("code", told.Code), zap.String("message", told.Message))
	}
	return c.refuseWith(status, told)
}

func (c *call) refuseWith(status int, told api.Error) int {
	if c.sent {
		panic(http.ErrAbortHandler) // the client must not take what it has for whole
	}
	b, err := json.Marshal(api.ErrorBody{Error: told})
	if err != nil {
		b = []byte(`{"error":{"code":"internal","message":"internal error"}}`)
	}
	if c.r.ContentLength > maxBody {
		c.w.Header().Set("Connection", "close") // rather than to read all of it
	}
	c.write(status, append(b, '\n'))
	return status
}

// refuse is fail for what is no route, with a status of its own.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	told, _ := api.NewError(err)
	c := &call{server: s, w: w, r: r}
	c.refuseWith(status, told)
	s.metrics.unrouted.Inc()
}
