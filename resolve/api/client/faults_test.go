package client

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
)

// Each failure of a server: the number of tries, and the message.
func TestFaults(t *testing.T) {
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://localhost:1/"+wireCanary, http.StatusTemporaryRedirect)
	}
	for name, test := range map[string]struct {
		step        http.HandlerFunc
		tries       int
		says        string
		unreachable bool
	}{
		"html":           {answers(200, "text/html", "<p>"+wireCanary), 1, "but not as squired does", false},
		"wrong type":     {answers(200, "text/plain", good), 1, "but not as squired does", false},
		"no JSON":        {says(200, `{"secrets":"`+wireCanary), 1, "but not as squired does", false},
		"wrong JSON":     {says(200, `{"secrets":"`+wireCanary+`"}`), 1, "but not as squired does", false},
		"a value twice":  {says(200, `{"secrets":[{"environment":"main","name":"db","env_dict":{"K":"`+wireCanary+`","K":"2"}}],"etag":"e"}`), 1, "but not as squired does", false},
		"half":           {half, maxTries, "closed before the response was complete", true},
		"closes":         {closes, maxTries, "closed before the response was complete", true},
		"redirect":       {elsewhere, 1, "a redirect, which is not followed", false},
		"500":            {says(500, `{"oops":"`+wireCanary+`"}`), 1, "status 500", false},
		"gateway 502":    {answers(502, "text/html", wireCanary), maxTries, "after 5 tries", true},
		"gateway 503":    {answers(503, "text/html", wireCanary), maxTries, "it responded with status 503", true},
		"gateway 504":    {answers(504, "text/html", wireCanary), maxTries, "it responded with status 504", true},
		"busy":           {refuses(resolve.ErrBusy), maxTries, "refused", false},
		"limited":        {refuses(resolve.ErrLimited), maxTries, "refused", false},
		"other secrets":  {says(200, strings.ReplaceAll(good, `"db"`, `"`+wireCanary+`"`)), 1, "does not match the request", false},
		"other scope":    {says(200, strings.ReplaceAll(good, `"main"`, `"prod"`)), 1, "does not match the request", false},
		"none":           {says(200, `{"secrets":[],"etag":"e"}`), 1, "does not match the request", false},
		"two":            {says(200, strings.Replace(good, `[`, `[{"environment":"main","name":"db","env_dict":{"K":"1"}},`, 1)), 1, "does not match the request", false},
		"a key missing":  {says(200, strings.ReplaceAll(good, `"K"`, `"L"`)), 1, "does not match the request", false},
		"no dict":        {says(200, `{"secrets":[{"environment":"main","name":"db"}],"etag":"e"}`), 1, "does not match the request", false},
		"absent":         {says(200, `{"secrets":[{"environment":"main","name":"db","absent":true}],"etag":"e"}`), 1, "does not match the request", false},
		"unasked etag":   {says(200, `{"etag":"e","unchanged":true}`), 1, "does not match the request", false},
		"empty":          {says(204, ""), 1, "does not match the request", false},
		"not signed in":  {refuses(resolve.ErrNoIdentity), 1, "refused", false},
		"denied":         {refuses(resolve.ErrDenied), 1, "refused", false},
		"not found":      {refuses(resolve.ErrNotFound), 1, "refused", false},
		"missing keys":   {refuses(resolve.ErrMissingKeys), 1, "lacks the required", false},
		"invalid":        {refuses(resolve.ErrInvalid), 1, "refused", false},
		"other's denial": {answers(401, "text/html", wireCanary), 1, "status 401", false},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := scripted(t, test.step)
			answer, err := c.Resolve(t.Context(), askDB("K"))
			if err == nil || answer.Secrets != nil || !strings.Contains(err.Error(), test.says) && name != "missing keys" {
				t.Fatalf("%v, want an error with %q", err, test.says)
			}
			var u *Unreachable
			if got := errors.As(err, &u); got != test.unreachable || got && !errors.Is(err, resolve.ErrUnavailable) {
				t.Errorf("unreachable: %v, of %v", got, err)
			}
			if s.tries() != test.tries || len(s.paused) != test.tries-1 {
				t.Errorf("%d tries and %d pauses, want %d tries", s.tries(), len(s.paused), test.tries)
			}
			s.quiet(err)
		})
	}
}

func TestTooLong(t *testing.T) {
	chunk := []byte(strings.Repeat(" ", 1<<20))
	c, s := scripted(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range maxAnswer>>20 + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if _, err := c.Resolve(t.Context(), askDB()); err == nil || !strings.Contains(err.Error(), errTooLong.Error()) || s.tries() != 1 {
		t.Errorf("%v after %d tries", err, s.tries())
	}
}

// A temporary failure is retried, with success.
func TestTriesAgain(t *testing.T) {
	for name, step := range map[string]http.HandlerFunc{"half": half, "closes": closes, "503": says(503, ""), "429": refuses(resolve.ErrLimited)} {
		c, s := scripted(t, step, step, says(200, good))
		answer, err := c.Resolve(t.Context(), askDB("K"))
		if err != nil || answer.Secrets[0].EnvDict["K"].Reveal() != wireCanary || s.tries() != 3 || len(s.warned) != 1 {
			t.Errorf("%s: %v after %d tries; %q", name, err, s.tries(), s.warned)
		}
		s.quiet(nil)
		for i, pause := range s.paused {
			least, most := firstPause/2, firstPause
			if i == 1 {
				least, most = least*pauseGrows, most*pauseGrows
			}
			if pause < least || pause > most {
				t.Errorf("%s: pause %d of %s", name, i, pause)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	soon, past := time.Now().Add(5*time.Second).UTC().Format(http.TimeFormat), time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)
	for text, bounds := range map[string][2]time.Duration{
		"3":                             {3 * time.Second, 3*time.Second + firstPause},
		"0":                             {0, firstPause},
		"3600":                          {maxRetryFor, maxRetryFor + firstPause},
		soon:                            {0, 5*time.Second + firstPause},
		past:                            {0, firstPause},
		"Fri, 31 Dec 9999 23:59:59 GMT": {maxRetryFor, maxRetryFor + firstPause},
		// an invalid number of seconds is ignored
		"-5": {firstPause / 2, firstPause}, "99999999999999999999": {firstPause / 2, firstPause}, "": {firstPause / 2, firstPause}, wireCanary: {firstPause / 2, firstPause},
	} {
		for _, status := range []int{429, 503} {
			c, s := scripted(t, retryAfterSays(status, text), says(200, good))
			if _, err := c.Resolve(t.Context(), askDB()); err != nil || len(s.paused) != 1 || s.paused[0] < bounds[0] || s.paused[0] > bounds[1] {
				t.Errorf("%d, %q: pauses %s, want %s; %v", status, text, s.paused, bounds, err)
			}
			s.quiet(nil)
		}
	}
}

// All tries of a write have one id, and each write has another.
func TestWritesHaveOneID(t *testing.T) {
	c, s := scripted(t, closes, says(503, ""), says(201, `{"name":"db"}`), half, says(201, `{"name":"db"}`))
	for range 2 {
		r := api.CreateSecretRequest{Name: "db", EnvDict: api.EnvDict{"K": resolve.NewValue(valueCanary)}}
		if _, err := c.CreateSecret(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	h := s.heard
	if len(h) != 5 || h[0].id == "" || h[1].id != h[0].id || h[2].id != h[0].id || h[3].id == h[0].id || h[4].id != h[3].id {
		t.Errorf("%+v", h)
	}
	for _, one := range h {
		if !strings.Contains(one.body, valueCanary) || one.token != "Bearer "+tokenCanary {
			t.Error("a try has not the complete body")
		}
	}
	s.quiet(nil)
}

// The creation of a token is not retried if the server may have created it.
func TestCreateTokenOnce(t *testing.T) {
	for name, test := range map[string]struct {
		step  http.HandlerFunc
		tries int
	}{"closes": {closes, 1}, "half": {half, 1}, "503": {says(503, ""), 1}, "limited": {refuses(resolve.ErrLimited), maxTries}} {
		c, s := scripted(t, test.step)
		_, err := c.CreateToken(t.Context(), api.CreateTokenRequest{Name: "ci"})
		if err == nil || s.tries() != test.tries {
			t.Errorf("%s: %d tries: %v", name, s.tries(), err)
		}
		s.quiet(err)
	}
}

// "Not found" at a retry of a deletion may mean that the first try has deleted the
// secret, or that it never existed for this caller: the message says so.
func TestDeleteTwice(t *testing.T) {
	gone := refuses(resolve.ErrNotFound)
	for _, test := range []struct {
		steps []http.HandlerFunc
		may   bool
	}{{[]http.HandlerFunc{closes, gone}, true}, {[]http.HandlerFunc{says(503, ""), gone}, true}, {[]http.HandlerFunc{gone}, false},
		{[]http.HandlerFunc{refuses(resolve.ErrLimited), gone}, false}, {[]http.HandlerFunc{refuses(resolve.ErrBusy), gone}, false}} {
		c, s := scripted(t, test.steps...)
		err := c.DeleteSecret(t.Context(), api.DeleteRequest{Name: "db"})
		if !errors.Is(err, resolve.ErrNotFound) || test.may != strings.Contains(err.Error(), "may have deleted it") || s.tries() != len(test.steps) {
			t.Errorf("%v after %d tries", err, s.tries())
		}
	}
}

func TestTokenFileIsReadAnew(t *testing.T) {
	path := tokenFile(t, "first\n")
	c, s := scripted(t, func(w http.ResponseWriter, r *http.Request) {
		if err := os.WriteFile(path, []byte("second"), 0o600); err != nil {
			t.Error(err)
		}
		closes(w, r)
	}, says(200, good))
	c.cfg.TokenFile = path
	if _, err := c.Resolve(t.Context(), askDB()); err != nil || s.heard[0].token != "Bearer first" || s.heard[1].token != "Bearer second" {
		t.Errorf("%v %+v", err, s.heard)
	}
	for _, text := range []string{"", " \n", tokenCanary + " " + tokenCanary, tokenCanary + "\x00"} {
		c.cfg.TokenFile = tokenFile(t, text)
		before := s.tries()
		_, err := c.Resolve(t.Context(), askDB())
		if !errors.Is(err, resolve.ErrNoIdentity) || resolve.Hint(err) == "" || s.tries() != before {
			t.Errorf("%q: %v", text, err)
		}
		s.quiet(err)
	}
}

// All tries have one deadline; a canceled call is not an error of the server.
func TestDeadline(t *testing.T) {
	slow := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	c, s := scripted(t, closes, slow)
	c.cfg.Timeout = time.Second // long enough for two tries on a busy machine
	_, err := c.Resolve(t.Context(), askDB())
	var u *Unreachable
	if !errors.As(err, &u) || !strings.Contains(err.Error(), "the timeout expired") || s.tries() != 2 {
		t.Errorf("%v after %d tries", err, s.tries())
	}
	s.quiet(err)
	ctx, cancel := context.WithCancel(t.Context())
	c, s = scripted(t, func(w http.ResponseWriter, r *http.Request) { cancel(); slow(w, r) })
	if _, err := c.Resolve(ctx, askDB()); !errors.Is(err, context.Canceled) || errors.As(err, &u) || s.tries() != 1 {
		t.Errorf("%v after %d tries", err, s.tries())
	}
}

// Neither an invalid name nor a token in its place is sent in a path.
func TestNothingSecretInPaths(t *testing.T) {
	c, s := scripted(t, says(200, `{}`))
	for _, name := range []string{".", "..", "a/b", "a%2Fb", "K=" + valueCanary, "\x00", ""} {
		if _, err := c.SecretInfo(t.Context(), api.SecretRequest{Name: name}); !errors.Is(err, resolve.ErrInvalid) || s.tries() != 0 {
			t.Errorf("%q: %v", name, err)
		} else {
			s.quiet(err)
		}
	}
	err := c.RevokeToken(t.Context(), api.RevokeTokenRequest{ID: "squire_" + strings.Repeat(tokenCanary, 4)})
	if s.quiet(err); !errors.Is(err, resolve.ErrInvalid) || s.tries() != 0 {
		t.Errorf("%v", err)
	}
}
