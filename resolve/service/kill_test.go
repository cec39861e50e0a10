package service

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/api"
	"github.com/squire-env/squire/resolve/service/agefile"
	"github.com/squire-env/squire/resolve/service/internal/audit"
	"github.com/squire-env/squire/resolve/service/internal/seam"
)

// childMain is the child process of the kill tests: this binary, with
// SQUIRE_TEST_CHILD set.
//
//	reads:<from>  eight at once read, each time another name, and print it
//	loop:<from>   creates, resolves, updates, deletes, and prints what is done
//	step:<name>   creates one secret, and dies by kill -9 at the named step
//	rotate:<n>    rotates the key, and dies at the nth step, whose name it prints
//	restore:<n>   restores, and dies at the nth step, whose name it prints
//	hold          takes the store, says so, and waits for its input to end
func childMain() {
	job := os.Getenv("SQUIRE_TEST_CHILD")
	if job == "" {
		return
	}
	kind, arg, _ := strings.Cut(job, ":")
	c := Config{DataDir: os.Getenv("SQUIRE_TEST_DATA"), MasterKeyFile: os.Getenv("SQUIRE_TEST_KEY"), Caller: "child", Held: os.Getenv("SQUIRE_TEST_HELD") != ""}
	if kind == "step" {
		c.Test = seam.New(seam.Options{Step: func(step string) error {
			if step == arg {
				self, _ := os.FindProcess(os.Getpid())
				_ = self.Kill()
				select {}
			}
			return nil
		}})
	}
	if kind == "rotate" || kind == "restore" {
		c.Test = seam.New(seam.Options{Step: dieAt(arg)})
	}
	if kind == "restore" {
		id, err := age.ParseX25519Identity(readEnv("SQUIRE_TEST_IDENTITY"))
		check(err)
		force := os.Getenv("SQUIRE_TEST_FORCE") == "true"
		_, err = Restore(context.Background(), RestoreConfig{Config: c, Decrypt: agefile.Decrypt(id), Force: force}, strings.NewReader(readEnv("SQUIRE_TEST_BACKUP")))
		check(err)
		os.Exit(0)
	}
	s, err := Open(context.Background(), c)
	check(err)
	ctx := context.Background()
	switch kind {
	case "rotate":
		check(errOf(s.RotateKey(ctx, api.RotateKeyRequest{DropOld: true})))
	case "loop":
		var from int
		_, _ = fmt.Sscan(arg, &from)
		for i := from; ; i++ {
			loopOnce(ctx, s, i)
		}
	case "reads":
		readOn(ctx, s, arg)
	case "step":
		_, err := s.CreateSecret(ctx, api.CreateSecretRequest{Name: "first", EnvDict: dict("A", "1")})
		check(err)
		fmt.Println("created")
		check(s.DeleteSecret(ctx, api.DeleteRequest{Name: "first"}))
		fmt.Println("deleted")
	case "hold":
		check(errOf(s.ListEnvironments(ctx)))
		_, err := s.CreateEnvironment(ctx, "held")
		check(err)
		fmt.Println("holding")
		_, _ = os.Stdin.Read(make([]byte, 1))
		check(s.Close())
	}
	os.Exit(0)
}

// dieAt is a step of a seam.Seam that ends the process at the nth step.
func dieAt(n string) func(string) error {
	var at, count int
	_, _ = fmt.Sscan(n, &at)
	return func(step string) error {
		if count++; count == at {
			fmt.Println(step)
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
		return nil
	}
}

// readEnv reads the file that a variable names.
func readEnv(name string) string {
	b, err := os.ReadFile(os.Getenv(name))
	check(err)
	return string(b)
}

func errOf[T any](_ T, err error) error { return err }

func loopOnce(ctx context.Context, s *Service, i int) {
	name := fmt.Sprint("s", i)
	_, err := s.CreateSecret(ctx, api.CreateSecretRequest{Name: name, EnvDict: dict("A", name)})
	check(err)
	fmt.Println("created", i)
	_, err = s.UpdateSecret(ctx, api.UpdateSecretRequest{Name: name, EnvDict: api.EnvChanges{"B": ptr(resolve.NewValue("b" + name))}})
	check(err)
	fmt.Println("updated", i)
	_, err = s.Resolve(ctx, api.ResolveRequest{Secrets: []api.SecretRef{{Name: name}}})
	check(err)
	fmt.Println("resolved", i)
	if i%5 == 4 {
		check(s.DeleteSecret(ctx, api.DeleteRequest{Name: name}))
		fmt.Println("deleted", i)
	}
}

func readOn(ctx context.Context, s *Service, from string) {
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("r%s-%d-%d", from, w, i)
				if _, err := one(s, name); !errors.Is(err, resolve.ErrNotFound) {
					check(fmt.Errorf("%s: %w", name, err))
				}
				_, _ = os.Stdout.WriteString("read " + name + "\n")
			}
		})
	}
	wg.Wait()
}

func ptr[T any](v T) *T { return &v }

func check(err error) {
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

func (h house) child(job string, held bool) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SQUIRE_TEST_CHILD="+job, "SQUIRE_TEST_DATA="+h.data, "SQUIRE_TEST_KEY="+h.key)
	if held {
		cmd.Env = append(cmd.Env, "SQUIRE_TEST_HELD=1")
	}
	cmd.Stderr = os.Stderr
	return cmd
}

// After a kill -9 no acknowledged write is lost, each read is in the trail once,
// and the chain is valid.
func TestKillLoop(t *testing.T) {
	for _, held := range []bool{false, true} {
		t.Run(fmt.Sprint("held=", held), func(t *testing.T) {
			h := newHouse(t)
			state, reads := map[int]string{}, map[string]bool{}
			for round := range 12 {
				cmd := h.child(fmt.Sprint("loop:", round*1000), held)
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				acks := 1 + rand.IntN(30)
				lines := bufio.NewScanner(out)
				for n := 0; lines.Scan(); n++ {
					var what string
					var i int
					if _, err := fmt.Sscan(lines.Text(), &what, &i); err != nil || what == "error" {
						t.Fatal(lines.Text())
					}
					if what == "resolved" {
						reads[fmt.Sprint("s", i)] = true
					} else {
						state[i] = what
					}
					if n == acks {
						_ = cmd.Process.Kill()
					}
				}
				_ = cmd.Wait()
				h.checkState(state, reads)
			}
		})
	}
}

func (h house) checkState(state map[int]string, reads map[string]bool) {
	h.Helper()
	s := h.open(nil)
	for i, what := range state {
		name := fmt.Sprint("s", i)
		v, err := s.SecretInfo(context.Background(), api.SecretRequest{Name: name})
		switch {
		case what == "deleted" && !errors.Is(err, resolve.ErrNotFound):
			h.Fatalf("%s is back: %v", name, err)
		case what == "deleted":
		case errors.Is(err, resolve.ErrNotFound) && i%5 == 4: // the delete whose answer was lost
		case err != nil:
			h.Fatalf("%s was %s: %v", name, what, err)
		case what == "updated" && v.Version < 2:
			h.Fatalf("%s was updated, and is at version %d", name, v.Version)
		}
	}
	// A write merges all reads.
	if _, err := s.CreateEnvironment(context.Background(), fmt.Sprint("e", len(state), "-", len(reads))); err != nil && !errors.Is(err, resolve.ErrExists) {
		h.Fatal(err)
	}
	seen, all := map[string]int{}, 0
	_, err := s.gate.Verify(context.Background(), s.caller, func(e audit.Entry) {
		if e.Action == "resolve" {
			seen[e.Name]++
			all++
		}
	})
	if err != nil {
		h.Fatal(err)
	}
	for name := range reads {
		if seen[name] != 1 {
			h.Fatalf("the read of %s was acknowledged, and is in the trail %d times", name, seen[name])
		}
	}
	// A read may be done without an answer: at most one in each round.
	if all < len(reads) || all > len(reads)+12 {
		h.Fatalf("%d reads in the trail, %d were acknowledged", all, len(reads))
	}
	left, _ := filepath.Glob(filepath.Join(h.data, "*.new"))
	if len(left) > 0 {
		h.Fatalf("left over: %v", left)
	}
}

// After a kill -9, each read that a server has answered is in the trail exactly
// once, whether its line was in the journal or just being merged.
func TestKillReaders(t *testing.T) {
	h := newHouse(t)
	h.create(h.open(nil), "db")
	acked := map[string]bool{}
	const rounds = 8
	for round := range rounds {
		cmd := h.child(fmt.Sprint("reads:", round), true)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		acks := 1 + rand.IntN(2000)
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			what, name, _ := strings.Cut(lines.Text(), " ")
			if what != "read" {
				t.Fatal(lines.Text())
			}
			acked[name] = true
			if n == acks {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
	}
	s := h.open(func(c *Config) { c.Held = true })
	seen := map[string]int{}
	_, err := s.gate.Verify(context.Background(), s.caller, func(e audit.Entry) {
		switch e.Action {
		case "resolve":
			seen[e.Name]++
		case audit.Unreadable:
			t.Errorf("%d lines cannot be read", e.Lines)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	unheard := 0
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is in the trail %d times", name, n)
		}
		if !acked[name] {
			unheard++
		}
	}
	for name := range acked {
		if seen[name] == 0 {
			t.Errorf("%s was answered, and is not in the trail", name)
		}
	}
	if len(acked) < rounds || unheard > rounds*8 {
		t.Errorf("%d answered, %d unheard of", len(acked), unheard)
	}
}

// If the first creation is killed at any step, the next one completes it.
func TestKillAtFirstCreation(t *testing.T) {
	steps := []string{"store dir", "key temp", "key link", "key sync dir", "store temp", "store link", "store sync dir", "commit", "key record", "compact rename", "compact sync dir"}
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			h := newHouse(t)
			cmd := h.child("step:"+step, false)
			out, err := cmd.Output()
			if err == nil {
				t.Fatalf("the step never came: %s", out)
			}
			if strings.Contains(string(out), "error") {
				t.Fatal(string(out))
			}
			s := h.open(nil)
			_, err = one(s, "first")
			if strings.HasPrefix(step, "compact") {
				if !errors.Is(err, resolve.ErrNotFound) {
					t.Fatal(err)
				}
			} else if err != nil && !errors.Is(err, resolve.ErrNotFound) {
				t.Fatal(err)
			}
			h.create(s, "next", "A", "2")
			if v, err := one(s, "next"); err != nil || v["A"] != "2" {
				t.Fatal(v, err)
			}
			for _, pattern := range []string{filepath.Join(h.data, "*.new"), h.key + ".new"} {
				if left, _ := filepath.Glob(pattern); len(left) > 0 {
					t.Fatalf("left over: %v", left)
				}
			}
			if _, err := s.VerifyAudit(context.Background()); err != nil {
				t.Fatal(err)
			}
			// The keyring records the store now.
			if err := os.Remove(h.store()); err != nil {
				t.Fatal(err)
			}
			if _, err := one(s, "next"); !errors.Is(err, resolve.ErrCorrupt) {
				t.Fatal(err)
			}
		})
	}
}
