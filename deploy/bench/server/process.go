package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// process is a server in a process of its own.
type process struct {
	cmd         *exec.Cmd
	addr, token string
}

func start(program string, args ...string) (*process, error) {
	cmd := exec.Command(program, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	return &process{cmd: cmd, addr: strings.TrimSpace(addr)}, err
}

// startOurs starts the squired that SQUIRED names on a data folder, and reads
// its token.
func startOurs(data string) (*process, error) {
	squired := os.Getenv("SQUIRED")
	if squired == "" {
		return nil, errors.New("SQUIRED names no binary")
	}
	cmd := exec.Command(squired, "serve", "--listen", "127.0.0.1:0", "--data-dir", data, "--master-key-file", data+".key", "--bootstrap-token-file", data+".token")
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	for in := bufio.NewReader(log); p.addr == ""; {
		line, err := in.ReadString('\n')
		if _, rest, found := strings.Cut(line, "squired answers at http://"); found {
			p.addr = strings.Fields(rest)[0]
		} else if err != nil {
			return nil, fmt.Errorf("squired: %s", line)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
	return p, p.readToken(data)
}

// startInner starts the same without a command line, the benchserver that
// BENCHSERVER names, so that the audit trail can be left out.
func startInner(data string, args ...string) (*process, error) {
	program := os.Getenv("BENCHSERVER")
	if program == "" {
		return nil, errors.New("BENCHSERVER names no binary")
	}
	p, err := start(program, append([]string{"-dir", data}, args...)...)
	if err != nil {
		return nil, err
	}
	return p, p.readToken(data)
}

func (p *process) readToken(data string) error {
	b, err := os.ReadFile(data + ".token")
	p.token = strings.TrimSpace(string(b))
	return err
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

// memory is the resident set of the process, in MiB.
func (p *process) memory() (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	var kib float64
	_, err = fmt.Sscan(rest, &kib)
	return kib / 1024, err
}

func (p *process) printMemory(what string) error {
	m, err := p.memory()
	if err == nil {
		fmt.Printf("%s  %.0f MiB\n", what, m)
	}
	return err
}

// create stores a secret.
func (p *process) create(name string, keys int) error {
	_, err := p.send("POST", "/v1/secrets", newSecret(name, keys))
	return err
}

func newSecret(name string, keys int) string {
	dict := map[string]string{}
	for i := range keys {
		dict[fmt.Sprintf("KEY_%02d", i)] = fmt.Sprintf("value-%02d-0123456789abcdef0123456789abcdef", i)
	}
	b, _ := json.Marshal(map[string]any{"environment": "main", "name": name, "env_dict": dict}) // strings only: no error
	return string(b)
}

func (p *process) send(method, path, body string) ([]byte, error) {
	r, err := http.NewRequest(method, "http://"+p.addr+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s", answer.Status, b)
	}
	return b, err
}
