package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
)

// reviewer asks a Kubernetes API server whether a token is still valid: its pod
// or account may have been deleted, which the token itself cannot show.
type reviewer struct {
	url       string
	audiences []string
	endpoint  *endpoint
}

type tokenReview struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       struct {
		Token     string   `json:"token"`
		Audiences []string `json:"audiences"`
	} `json:"spec"`
	Status struct {
		Authenticated bool   `json:"authenticated"`
		Error         string `json:"error"` // never passed on: it may quote the token
		User          struct {
			Username string `json:"username"`
		} `json:"user"`
		Audiences []string `json:"audiences"`
	} `json:"status"`
}

// ask returns nil if the server confirms that the token belongs to this subject
// and is for one of the audiences. A server that does not support audiences
// returns none, and so has not checked them.
func (r *reviewer) ask(ctx context.Context, raw, sub string) error {
	question := tokenReview{APIVersion: "authentication.k8s.io/v1", Kind: "TokenReview"}
	question.Spec.Token, question.Spec.Audiences = raw, r.audiences
	body, err := json.Marshal(question)
	if err != nil {
		return unavailable("the token review cannot be requested")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return unavailable("the token review cannot be requested")
	}
	request.Header.Set("Content-Type", "application/json")
	b, err := r.endpoint.do(request, acceptJSON, true)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return unavailable("the token review failed: %v", err)
	}
	var answer tokenReview
	if json.Unmarshal(b, &answer) != nil || answer.Kind != question.Kind {
		return unavailable("the token review failed: the response is not a TokenReview")
	}
	ours := func(a string) bool { return slices.Contains(r.audiences, a) }
	switch s := answer.Status; {
	case !s.Authenticated || s.Error != "":
		return refuse("the API server does not accept the token; its pod or service account may have been deleted")
	case !slices.ContainsFunc(s.Audiences, ours):
		return refuse("the API server has not confirmed the audience of the token")
	case s.User.Username != sub:
		return refuse("the API server says that the token belongs to another subject")
	}
	return nil
}
