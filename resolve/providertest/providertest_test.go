package providertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/squire-env/squire/resolve"
)

// memory is a provider for memory://FOLDER/NAME.
type memory struct {
	broken string // which fault it has

	mu      sync.Mutex
	secrets map[string]stored
	changed chan struct{}
	seen    map[string]string // of each list: the state at its last Resolve or Watch
}

type stored struct {
	version int
	dict    map[string]string
}

func (m *memory) check(ref resolve.Ref) error {
	folder, name, ok := strings.Cut(ref.Path, "/")
	if m.broken != "path" && (!ok || folder != "f" || strings.ContainsAny(name, "=\x00/")) {
		return fmt.Errorf("%w path", resolve.ErrInvalid)
	}
	return nil
}

func (m *memory) Resolve(ctx context.Context, refs []resolve.Ref) ([]resolve.Resolved, error) {
	if ctx.Err() != nil && m.broken != "context" {
		return nil, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]resolve.Resolved, len(refs))
	var errs []error
	fault := func(i int, err error) {
		if m.broken == "index" {
			errs = append(errs, err)
			return
		}
		errs = append(errs, &resolve.IndexError{Index: i, Err: err})
	}
	for i, ref := range refs {
		if err := m.check(ref); err != nil {
			fault(i, err)
			continue
		}
		s, ok := m.secrets[ref.Path]
		if all[i].Absent = !ok && ref.Optional && m.broken != "optional"; all[i].Absent {
			continue
		}
		if !ok {
			fault(i, &resolve.NotFoundError{Name: "memory://" + ref.Path})
			if m.broken == "first" {
				return nil, errs[0]
			}
			continue
		}
		var missing []string
		required := ref.Keys()
		if m.broken == "only" {
			required = ref.RequiredKeys
		}
		for _, k := range required {
			if _, ok := s.dict[k]; !ok {
				missing = append(missing, k)
			}
		}
		if missing != nil && m.broken != "keys" {
			fault(i, &resolve.MissingKeysError{Name: ref.Path, Keys: missing})
		}
		if all[i].Version = s.version; m.broken == "version" {
			all[i].Version = 7
		}
		if m.broken == "label" {
			all[i].Label = fmt.Sprint(ref.Path, s.version)
		}
		for _, k := range slices.Sorted(maps.Keys(s.dict)) {
			all[i].Vars = append(all[i].Vars, resolve.Var{Name: k, Value: resolve.NewValue(s.dict[k])})
			if m.broken == "value" && missing != nil {
				errs = append(errs, errors.New(s.dict[k]))
			}
		}
		if m.broken == "sorted" {
			slices.Reverse(all[i].Vars)
		}
	}
	if err := errors.Join(errs...); err != nil {
		if m.broken == "partial" {
			return all, err
		}
		return nil, err
	}
	if m.broken == "order" {
		slices.Reverse(all)
	}
	m.seen[list(refs)] = m.state(refs)
	return all, nil
}

func list(refs []resolve.Ref) string { return fmt.Sprint(refs) }

func (m *memory) state(refs []resolve.Ref) (state string) {
	for _, r := range refs {
		state += fmt.Sprint(r.Path, m.secrets[r.Path].version, " ")
	}
	return state
}

func (m *memory) Watch(ctx context.Context, refs []resolve.Ref) error {
	if m.broken == "watch-always" {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range refs {
		if err := m.check(r); err != nil {
			return err
		}
	}
	if m.broken == "watch-late" {
		m.seen[list(refs)] = m.state(refs)
	}
	for m.seen[list(refs)] == m.state(refs) {
		changed := m.changed
		m.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		m.mu.Lock()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	m.seen[list(refs)] = m.state(refs)
	return nil
}

func (m *memory) put(_ context.Context, name string, dict map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.secrets["f/"+name] = stored{m.secrets["f/"+name].version + 1, maps.Clone(dict)}
	close(m.changed)
	m.changed = make(chan struct{})
	return nil
}

func (m *memory) delete(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.secrets, "f/"+name)
	close(m.changed)
	m.changed = make(chan struct{})
	return nil
}

const brokenVariable = "PROVIDERTEST_BROKEN"

func TestConform(t *testing.T) {
	Conform(t, func(*testing.T) Backend {
		m := &memory{broken: os.Getenv(brokenVariable), secrets: map[string]stored{}, seen: map[string]string{}, changed: make(chan struct{})}
		return Backend{
			Provider: m, Scheme: "memory", Path: func(name string) string { return "f/" + name },
			Put: m.put, Delete: m.delete, Refused: []string{"f", "g/a", "f/a/b"}, Timeout: 3 * time.Second,
		}
	})
}

// A provider without Watch passes; the checks of Watch are skipped.
func TestConformWithoutWatch(t *testing.T) {
	Conform(t, func(*testing.T) Backend {
		m := &memory{secrets: map[string]stored{}, seen: map[string]string{}, changed: make(chan struct{})}
		return Backend{
			Provider: struct{ resolve.Provider }{m}, Path: func(name string) string { return "f/" + name },
			Put: m.put, Delete: m.delete,
		}
	})
}

// The check for each fault finds it.
func TestConformFindsFaults(t *testing.T) {
	for broken, check := range map[string]string{
		"order":        "answers_in_order",
		"sorted":       "answers_in_order",
		"index":        "answers_all_or_nothing",
		"first":        "answers_all_or_nothing",
		"partial":      "answers_all_or_nothing",
		"keys":         "asserts_required_and_selected_keys",
		"only":         "asserts_required_and_selected_keys",
		"value":        "asserts_required_and_selected_keys",
		"optional":     "leaves_out_what_is_optional_and_absent",
		"version":      "versions_tell_changes_apart",
		"label":        "versions_tell_changes_apart",
		"path":         "refuses_paths",
		"context":      "ends_with_its_context",
		"watch-always": "watch_waits",
		"watch-late":   "watch_misses_nothing",
	} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestConform$/^"+check+"$", "-test.timeout=60s")
			cmd.Env = append(os.Environ(), brokenVariable+"="+broken)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestConform/"+check) {
				t.Errorf("%s passes: %v\n%s", check, err, out)
			}
		})
	}
}
