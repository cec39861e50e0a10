// Command minimalhttp is the least that a Go program can do of squire's work
// with a server: it asks for a secret, parses the answer, and execs. squire is
// measured against it. Usage: minimalhttp URL TOKEN NAME COMMAND [ARG...]
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"syscall"
)

func main() {
	r, err := http.NewRequest(http.MethodPost, os.Args[1]+"/v1/resolve", strings.NewReader(`{"secrets":[{"environment":"main","name":"`+os.Args[3]+`"}]}`))
	if err != nil {
		os.Exit(125)
	}
	r.Header.Set("Authorization", "Bearer "+os.Args[2])
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		os.Exit(125)
	}
	var body struct {
		Secrets []struct {
			EnvDict map[string]string `json:"env_dict"`
		} `json:"secrets"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil || len(body.Secrets) != 1 {
		os.Exit(125)
	}
	environ := os.Environ()
	for k, v := range body.Secrets[0].EnvDict {
		environ = append(environ, k+"="+v)
	}
	if err := syscall.Exec(os.Args[4], os.Args[4:], environ); err != nil {
		os.Exit(126)
	}
}
