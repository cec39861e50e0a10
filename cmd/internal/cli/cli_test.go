package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/resolve"
)

const canary = "c4nary-value"

// program is a small command line: "tool [--…] do ARG" returns or panics with
// what the test wants.
func program(stdout, stderr *bytes.Buffer, do func() error) *Program {
	root := &cobra.Command{Use: "tool"}
	root.SetOut(stdout)
	root.SetErr(stderr)
	Root(root, "tool do ARG", func(*cobra.Command) error { return errors.New("bad settings") })
	run := &cobra.Command{
		Use:               "do ARG",
		Args:              ExactArgs("ARG"),
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(*cobra.Command, []string) error { return do() },
	}
	var level, format string
	var names []string
	f := run.Flags()
	f.Var(OneOf(&level, "low", "high"), "level", "")
	f.Var(Words(&names), "names", "")
	f.Var(Parsed(&format, "format", func(string) (string, error) { return "", errors.New("want a format") }), "format", "")
	f.Bool("bool", false, "")
	f.Int("int", 0, "")
	f.Duration("duration", 0, "")
	f.StringSlice("slice", nil, "")
	root.AddCommand(run, Group("group", "", &cobra.Command{Use: "inner", Run: func(*cobra.Command, []string) {}}), VersionCommand())
	return &Program{Root: root, Messages: NewMessages("tool", stderr)}
}

func TestUsageErrors(t *testing.T) {
	for line, want := range map[string]string{
		"":                         "tool needs a command|tool --help",
		"od":                       "unknown command \"od\" for tool|tool do",
		"-- do":                    "tool needs a command|tool do ARG",
		canary:                     "tool: unknown command|tool do ARG",
		"--nonsense":               "unknown flag --nonsense|tool do ARG",
		"-x":                       "unknown flag -x|tool do ARG",
		"do --" + canary:           "unknown flag|tool do --help",
		"do --nonsense x":          "unknown flag --nonsense|tool do --help",
		"do":                       "tool do: ARG is missing|tool do --help",
		"do a " + canary:           "tool do: too many arguments|tool do --help",
		"do a --level":             "--level needs a value|tool do --help",
		"do a --level " + canary:   "--level: want one of low, high|tool do --help",
		"do a --names x=" + canary: "--names: want names, without =|tool do --help",
		"do a --format " + canary:  "--format: want a format|tool do --help",
		"do a --bool=" + canary:    "--bool: want true or false|tool do --help",
		"do a --int " + canary:     "--int: want a whole number|tool do --help",
		"do a --duration 5x":       "--duration: want a duration such as 30s or 2m|tool do --help",
		`do a --slice "` + canary:  "--slice: want text|tool do --help",
		"group":                    "tool group needs a command|tool group --help",
		"group iner":               "unknown command \"iner\" for tool group|tool group inner",
	} {
		var stdout, stderr bytes.Buffer
		code := program(&stdout, &stderr, nil).Run(t.Context(), strings.Fields(line))
		message, hint, _ := strings.Cut(want, "|")
		if want := "tool: error: " + message + "\ntool: hint: " + hint + "\n"; code != 2 || stderr.String() != want || stdout.Len() != 0 {
			t.Errorf("%q: code %d, %q, want %q", line, code, stderr.String(), want)
		}
		if strings.Contains(stderr.String(), canary) {
			t.Errorf("%q is repeated", line)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for about, c := range map[string]struct {
		err  error
		code int
		text string
	}{
		"success":          {nil, 0, ""},
		"failure":          {errors.New("x"), 10, "tool: error: x\n"},
		"two faults":       {errors.Join(errors.New("x"), resolve.WithHint(errors.New("y"), "z")), 10, "tool: error: x\ntool: error: y\ntool: hint: z\n"},
		"usage":            {Usagef("x"), 20, "tool: error: x\ntool: hint: tool do --help\n"},
		"usage of two":     {fmt.Errorf("w: %w", Usage(errors.New("x"), nil, errors.New("y"))), 20, "tool: error: w: x?y\ntool: hint: tool do --help\n"},
		"usage each":       {Usage(errors.Join(errors.New("x"), errors.New("y"))), 20, "tool: error: x\ntool: error: y\ntool: hint: tool do --help\n"},
		"one with a code":  {fmt.Errorf("w: %w", context.Canceled), 30, "tool: error: w: context canceled\ntool: hint: wait\n"},
		"a child's":        {Exit(42), 42, ""},
		"explained":        {context.DeadlineExceeded, 10, "tool: error: gave up\ntool: hint: wait\n"},
		"that of a child ": {fmt.Errorf("w: %w", Exit(0)), 0, ""},
	} {
		var stdout, stderr bytes.Buffer
		p := program(&stdout, &stderr, func() error { return c.err })
		p.Codes = func(cmd *cobra.Command) Codes {
			if cmd.Name() != "do" {
				t.Errorf("the codes of %s", cmd.Name())
			}
			return Codes{Failure: 10, Usage: 20, Errors: []ErrorCode{{context.Canceled, 30}}}
		}
		p.Explain = func(_ *cobra.Command, err error) error {
			if errors.Is(err, context.DeadlineExceeded) {
				return errors.New("gave up")
			}
			return err
		}
		p.Hint = func(_ *cobra.Command, err error) string {
			if err.Error() == "gave up" || errors.Is(err, context.Canceled) {
				return "wait"
			}
			return ""
		}
		if code := p.Run(t.Context(), []string{"do", "it"}); code != c.code || stderr.String() != c.text {
			t.Errorf("%s: code %d, %q", about, code, stderr.String())
		}
	}
	if err := Usage(nil, nil); err != nil {
		t.Error(err)
	}
}

// The text of a panic may hold a value.
func TestPanic(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := program(&stdout, &stderr, func() error { panic(canary) }).Run(t.Context(), []string{"do", "it"})
	want := "tool: error: internal error: string at cli_test.go:"
	if code != 1 || !strings.HasPrefix(stderr.String(), want) || strings.Contains(stderr.String(), canary) || !strings.Contains(stderr.String(), "tool version") {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}

// The version is shown with any settings.
func TestVersion(t *testing.T) {
	for line, want := range map[string]string{"version": "tool ", "--version": "tool ", "version --json": "{\n  \"version\": "} {
		var stdout, stderr bytes.Buffer
		if code := program(&stdout, &stderr, nil).Run(t.Context(), strings.Fields(line)); code != 0 || !strings.HasPrefix(stdout.String(), want) || stderr.Len() != 0 {
			t.Errorf("%s: code %d, %q, %q", line, code, stdout.String(), stderr.String())
		}
	}
}

func TestFlagsTakeValues(t *testing.T) {
	var level string
	var names []string
	var age time.Duration
	if err := OneOf(&level, "low", "high").Set("high"); err != nil || level != "high" {
		t.Errorf("%q: %v", level, err)
	}
	w := Words(&names)
	if err := errors.Join(w.Set("a,b c"), w.Set("\td\n")); err != nil || strings.Join(names, "|") != "a|b|c|d" {
		t.Errorf("%q: %v", names, err)
	}
	if err := Parsed(&age, "age", time.ParseDuration).Set("2m"); err != nil || age != 2*time.Minute {
		t.Errorf("%s: %v", age, err)
	}
}

func TestByName(t *testing.T) {
	got := ByName([]string{"A=1", "B=2", "A=3", "odd", "AB=x=y"}, "A")
	if len(got) != 2 || got["A"] != "1" || got["AB"] != "x=y" {
		t.Errorf("%v", got)
	}
	if all := ByName([]string{"A=1", "=C:=x", "B="}, ""); len(all) != 3 {
		t.Errorf("%v", all)
	}
}

func TestTimeOfATable(t *testing.T) {
	at := time.Date(2026, 11, 28, 15, 3, 7, 999, time.FixedZone("", 3600))
	if got := Time(at); got != "2026-11-28 14:03:07Z" {
		t.Error(got)
	}
}
