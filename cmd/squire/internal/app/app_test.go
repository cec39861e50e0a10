package app

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
)

// call runs squire with two families, and returns which of them were built.
func call(t *testing.T, do func(*App) error, args ...string) (built []string, code int, stderr string) {
	t.Helper()
	t.Chdir(t.TempDir())
	family := func(name string) Family {
		return Family{Name: name, Command: func(a *App) *cobra.Command {
			built = append(built, name)
			return &cobra.Command{Use: name, RunE: func(*cobra.Command, []string) error { return do(a) }}
		}}
	}
	start := family("start")
	start.Codes = func() cli.Codes { return cli.Codes{Failure: 125, Usage: 125} }
	var out, errs bytes.Buffer
	code = Run(t.Context(), []Family{start, family("list")}, Call{
		Args: args, Environ: []string{"A=1", "A=2", "SQUIRE_TOKEN=c4nary", "HOME=" + t.TempDir()},
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
	})
	return built, code, errs.String()
}

func TestOnlyTheFamilyOfTheCallIsBuilt(t *testing.T) {
	ok := func(*App) error { return nil }
	for line, want := range map[string]string{"start": "start", "list": "list", "": "start list", "-E prod list": "start list", "lisst": "start list"} {
		if built, _, _ := call(t, ok, strings.Fields(line)...); strings.Join(built, " ") != want {
			t.Errorf("%q builds %v, want %s", line, built, want)
		}
	}
}

func TestCodesAreThoseOfTheFamily(t *testing.T) {
	fails := func(*App) error { return errors.New("x") }
	for line, want := range map[string]int{"start": 125, "list": 1, "start --nonsense": 125, "--nonsense start": 125, "list --nonsense": 2, "--nonsense": 2} {
		if _, code, stderr := call(t, fails, strings.Fields(line)...); code != want {
			t.Errorf("%q: code %d, want %d: %s", line, code, want, stderr)
		}
	}
}

func TestCommandsAreGivenTheEnvironment(t *testing.T) {
	_, code, stderr := call(t, func(a *App) error {
		if text, ok := a.LookupEnv("A"); text != "1" || !ok {
			t.Errorf("A is %q: the first counts", text)
		}
		if _, ok := a.LookupEnv("SQUIRE_TOKEN"); ok {
			t.Error("credentials are in the environment")
		}
		if a.Config.Environment != "prod" {
			t.Errorf("the active environment is %s", a.Config.Environment)
		}
		a.Messages.Warnf("said")
		return nil
	}, "list", "-E", "prod")
	if code != 0 || stderr != "squire: warning: said\n" {
		t.Errorf("code %d: %s", code, stderr)
	}
}

func TestTimeoutSaysHowLong(t *testing.T) {
	_, code, stderr := call(t, func(*App) error { return context.DeadlineExceeded }, "list", "--timeout", "3s")
	if code != 1 || stderr != "squire: error: gave up after 3s\nsquire: hint: allow more time: --timeout 2m\n" {
		t.Errorf("code %d: %s", code, stderr)
	}
}
