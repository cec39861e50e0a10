package oidc

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/squire-env/squire/resolve"
)

func TestTokenReview(t *testing.T) {
	const sub = "system:serviceaccount:shop:web"
	k, c := keyring(), newClock()
	p, apiServer := newIDP(t, jwk("k1", k.rsa.Public())), newIDP(t)
	bearer := filepath.Join(t.TempDir(), "token")
	writeFile(t, bearer, []byte("bearer-1"))
	v := open(t, c, nil, Issuer{Issuer: p.URL, Audience: oneOrMore{"squire"}, CAFile: p.caFile, Rules: shopRules(),
		TokenReview: &Review{URL: apiServer.URL + "/", CAFile: apiServer.caFile, TokenFile: bearer}})
	token := sign("RS256", k.rsa, `{"alg":"RS256","kid":"k1"}`, with(p.URL, c.now(), nil))

	asked := 0
	answer := func(status int, text string) {
		apiServer.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			var q tokenReview
			if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Method != http.MethodPost || r.URL.Path != "/apis/authentication.k8s.io/v1/tokenreviews" || r.Header.Get("Authorization") != "Bearer bearer-1" {
				t.Errorf("%s %s %v %v", r.Method, r.URL, r.Header, err)
			}
			if q.Spec.Token != token || len(q.Spec.Audiences) != 1 || q.Spec.Audiences[0] != "squire" || q.Kind != "TokenReview" || q.APIVersion != "authentication.k8s.io/v1" {
				t.Errorf("%+v", q)
			}
			w.WriteHeader(status)
			fmt.Fprint(w, text)
		}))
	}
	status := func(s string) string { return `{"kind":"TokenReview","status":` + s + `}` }
	good := status(fmt.Sprintf(`{"authenticated":true,"user":{"username":%q},"audiences":["squire"]}`, sub))
	for range 2 { // and again: nothing is remembered
		answer(http.StatusCreated, good)
		wantErr(t, v, token, nil)
	}
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
	for name, bad := range map[string]struct {
		status int
		text   string
		want   error
	}{
		"deleted":           {201, status(`{"authenticated":false,"error":"c4nary"}`), resolve.ErrNoIdentity},
		"an empty status":   {201, status(`{}`), resolve.ErrNoIdentity},
		"with an error":     {201, status(fmt.Sprintf(`{"authenticated":true,"error":"c4nary","user":{"username":%q},"audiences":["squire"]}`, sub)), resolve.ErrNoIdentity},
		"no audience":       {201, status(fmt.Sprintf(`{"authenticated":true,"user":{"username":%q}}`, sub)), resolve.ErrNoIdentity},
		"another audience":  {201, status(fmt.Sprintf(`{"authenticated":true,"user":{"username":%q},"audiences":["vault"]}`, sub)), resolve.ErrNoIdentity},
		"another user":      {201, status(`{"authenticated":true,"user":{"username":"c4nary"},"audiences":["squire"]}`), resolve.ErrNoIdentity},
		"not allowed":       {403, good, resolve.ErrUnavailable},
		"no such page":      {404, good, resolve.ErrUnavailable},
		"busy":              {429, good, resolve.ErrUnavailable},
		"broken":            {500, "c4nary", resolve.ErrUnavailable},
		"HTML":              {200, "<html>c4nary", resolve.ErrUnavailable},
		"something else":    {200, `{"kind":"Status","status":{"authenticated":true}}`, resolve.ErrUnavailable},
		"nothing":           {201, "", resolve.ErrUnavailable},
		"a redirect for it": {307, "", resolve.ErrUnavailable},
	} {
		answer(bad.status, bad.text)
		_, err := v.Verify(t.Context(), token)
		if err == nil {
			t.Errorf("%s: signed in", name)
			continue
		}
		wantErr(t, v, token, bad.want)
		hidesToken(t, err.Error()+Reason(err), token)
	}
	asked = 0
	wantErr(t, v, token+"x", resolve.ErrNoIdentity)
	if asked != 0 {
		t.Error("a token that is no good was shown to the API server")
	}
	answer(http.StatusCreated, good)
	wantErr(t, v, token, nil)
}
