package serve

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"

	"github.com/squire-env/squire/resolve/api"
)

// panics is an issuer whose check panics with its input.
type panics struct{ with any }

func (p panics) Identify(_ context.Context, token string) (string, api.Scope, error) {
	if p.with != nil {
		panic(p.with)
	}
	panic(fmt.Errorf("cannot read %s", token))
}

// TestAPanicTellsNothing: the answer has the code internal, the log has the
// stack, and neither has the value of the panic.
func TestAPanicTellsNothing(t *testing.T) {
	for _, with := range []any{nil, canary, fmt.Errorf("%s", canary), struct{ A string }{canary}} {
		h := newHouse(t, func(c *Config) { c.Identities, c.MaxConcurrent = panics{with}, 1 })
		for range 2 { // the slot is free again
			got := h.want(ask{method: "GET", path: "/v1/environments", token: canary}, 500, "internal")
			if strings.Contains(string(got.body), "canary") {
				t.Errorf("%s", got.body)
			}
		}
		seen := 0
		for _, e := range h.logs.All() {
			text := fmt.Sprint(e.Message, e.ContextMap())
			if strings.Contains(text, "canary") {
				t.Errorf("the log has the value: %s", text)
			}
			if e.Level == zapcore.ErrorLevel && strings.Contains(text, "panics.Identify") {
				seen++
			}
		}
		if seen != 2 {
			t.Errorf("%d of 2 stacks are in the log", seen)
		}
		h.want(ask{method: "GET", path: "/v1/environments", token: h.admin}, 200, "")
	}
}

// TestAnAbortIsNotAnswered: the connection is closed, so that nobody takes the
// answer for complete.
func TestAnAbortIsNotAnswered(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Identities = panics{http.ErrAbortHandler} })
	if got, err := h.try(ask{method: "GET", path: "/v1/environments", token: "x"}); err == nil {
		t.Errorf("%d %s", got.status, got.body)
	}
}
