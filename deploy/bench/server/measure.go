package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// process is a server in a process of its own.
type process struct {
	cmd  *exec.Cmd
	addr string
}

func start(args ...string) (*process, error) {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	return &process{cmd, strings.TrimSpace(addr)}, err
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

const rounds, length = 3, 1500 * time.Millisecond

func measure([]string) error {
	work, err := os.MkdirTemp("", "squire-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	dir := filepath.Join(work, "data")
	ours, err := start("served", "-dir", dir)
	if err != nil {
		return err
	}
	defer ours.stop()
	b, err := os.ReadFile(dir + ".token")
	if err != nil {
		return err
	}
	token := string(b)
	if err := create(ours.addr, token, "db", 20); err != nil {
		return err
	}
	ask := `{"secrets":[{"environment":"main","name":"db","required_keys":["KEY_00","KEY_01"]}]}`
	answer, err := send(ours.addr, token, "POST", "/v1/resolve", ask)
	if err != nil {
		return err
	}
	var told struct{ Etag string }
	if err := json.Unmarshal(answer, &told); err != nil {
		return err
	}
	again := fmt.Sprintf(`{"secrets":[{"environment":"main","name":"db","required_keys":["KEY_00","KEY_01"]}],"etag":%q}`, told.Etag)
	if os.Getenv("ONLY") != "" {
		return compare("unchanged", ours.addr, post("/v1/resolve", token, again), 64)
	}
	for _, conns := range []int{16, 64} {
		if err := compare("resolve", ours.addr, post("/v1/resolve", token, ask), conns); err != nil {
			return err
		}
	}
	return compare("unchanged", ours.addr, post("/v1/resolve", token, again), 64)
}

func compare(what, addr string, request []byte, conns int) error {
	first, err := load(addr, request, conns, 300*time.Millisecond)
	if err != nil {
		return err
	}
	bare, err := start("bare", fmt.Sprint(first.bodyBytes))
	if err != nil {
		return err
	}
	defer bare.stop()
	var rates, tails []float64
	for range rounds {
		b, err := load(bare.addr, request, conns, length)
		if err != nil {
			return err
		}
		o, err := load(addr, request, conns, length)
		if err != nil {
			return err
		}
		if os.Getenv("VERBOSE") != "" {
			fmt.Println("   bare", int(b.perSecond), b.p50, b.p99, "ours", int(o.perSecond), o.p50, o.p99)
		}
		rates, tails = append(rates, o.perSecond/b.perSecond), append(tails, float64(o.p99)/float64(b.p99))
	}
	fmt.Printf("%s, %d connections: rate %.2f of bare, p99 %.2f of bare\n", what, conns, median(rates), median(tails))
	return nil
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

func create(addr, token, name string, keys int) error {
	dict := map[string]string{}
	for i := range keys {
		dict[fmt.Sprintf("KEY_%02d", i)] = fmt.Sprintf("value-%02d-0123456789abcdef0123456789abcdef", i)
	}
	b, err := json.Marshal(map[string]any{"environment": "main", "name": name, "env_dict": dict})
	if err != nil {
		return err
	}
	_, err = send(addr, token, "POST", "/v1/secrets", string(b))
	return err
}

func send(addr, token, method, path, body string) ([]byte, error) {
	r, err := http.NewRequest(method, "http://"+addr+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
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
