package help

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/resolve"
)

// run is the help command of a small root, called.
func run(args ...string) (string, error) {
	var out strings.Builder
	parent := &cobra.Command{Use: "squire", Long: "squire is long.", SilenceErrors: true, SilenceUsage: true}
	secret := &cobra.Command{Use: "secret", Short: "Keep secrets"}
	secret.AddCommand(&cobra.Command{Use: "create", Short: "Store one", Run: func(*cobra.Command, []string) {}})
	audit := &cobra.Command{Use: "audit", Short: "See who", Run: func(*cobra.Command, []string) {}}
	parent.AddCommand(secret, audit)
	parent.SetHelpCommand(Command())
	parent.SetOut(&out)
	parent.SetArgs(append([]string{"help"}, args...))
	err := parent.Execute()
	return out.String(), err
}

func TestHelp(t *testing.T) {
	for _, test := range []struct {
		args string
		want []string
	}{
		{"", []string{"squire is long.\n", "  secret          Keep secrets\n", "  order           which source wins"}},
		{"order", []string{"# order: which source wins"}},
		{"squire.yaml", []string{"# squire.yaml: "}},
		{"secret", []string{"Keep secrets", "Available Commands:"}},
		{"secret create", []string{"Store one", "squire secret create [flags]"}},
		{"audit", []string{"# audit: ", "\nSee who\n"}},
	} {
		got, err := run(strings.Fields(test.args)...)
		if err != nil {
			t.Errorf("help %s: %v", test.args, err)
		}
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("help %s: no %q in\n%s", test.args, want, got)
			}
		}
	}
}

func TestUnknownTopic(t *testing.T) {
	for args, hint := range map[string]string{
		"oder":           "did you mean order? squire help order",
		"secrets":        "did you mean secret? squire help secret",
		"yaml":           "did you mean squire.yaml? squire help squire.yaml",
		"exit codes":     "did you mean exit-codes? squire help exit-codes",
		"hunter2hunter2": "squire help",
		"secret hunter2": "squire help secret",
		"order hunter2":  "did you mean order? squire help order",
	} {
		got, err := run(strings.Fields(args)...)
		switch {
		case !cli.IsUsage(err):
			t.Errorf("help %s: %v, want an error of usage", args, err)
		case resolve.Hint(err) != hint:
			t.Errorf("help %s: hint %q, want %q", args, resolve.Hint(err), hint)
		case strings.Contains(err.Error()+got, "hunter2"):
			t.Errorf("help %s repeats what was typed: %v", args, err)
		}
	}
}

func TestCompletion(t *testing.T) {
	parent := &cobra.Command{Use: "squire"}
	parent.AddCommand(&cobra.Command{Use: "run", Short: "Become COMMAND", Run: func(*cobra.Command, []string) {}})
	all := strings.Join(complete(parent, nil), "\n")
	for _, want := range []string{"order\twhich source wins", "run\tBecome COMMAND"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if more := complete(parent, []string{"order"}); len(more) > 0 {
		t.Errorf("after a topic come %q", more)
	}
}

// squire runs the real program.
func squire(args ...string) (string, error) {
	out, err := exec.Command(filepath.Join(programs, "squire"), args...).CombinedOutput()
	return string(out), err
}

// TestExitCodes has each code of the tables happen.
func TestExitCodes(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh")
	}
	calls := map[string][]string{
		"the command's own": {"run -- sh -c 'exit 7'=7"},
		"128+N":             {"run --supervise -- sh -c 'kill -USR1 $$'=138"},
		"125":               {"run -s nothing -- true=125", "run=125", "run --nonsense -- true=125"},
		"126":               {"run -- ./stdin=126"},
		"127":               {"run -- ./absent=127"},
		"0":                 {"version=0", "help exit-codes=0"},
		"1":                 {"secret get nothing=1"},
		"2":                 {"secret=2", "secret get=2", "help nonsense=2", "secret list --max x=2"},
	}
	w := newWorld(t)
	row := regexp.MustCompile(`(?m)^\| ([^|]+) \| [^|]+ \|$`)
	seen := 0
	for _, m := range row.FindAllStringSubmatch(readFile(t, "cmd/squire/internal/help/exit-codes.md"), -1) {
		if m[1] == "code" {
			continue
		}
		if calls[m[1]] == nil {
			t.Errorf("exit-codes.md: no call of this test ends with %s", m[1])
		}
		seen++
		for _, call := range calls[m[1]] {
			i := strings.LastIndex(call, "=")
			cmd := exec.Command("sh", "-c", "squire "+call[:i])
			cmd.Dir, cmd.Env = w.dir, w.environ
			out, _ := cmd.CombinedOutput()
			if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != call[i+1:] {
				t.Errorf("squire %s ends with %s\n%s", call, got, out)
			}
		}
	}
	if seen != len(calls) {
		t.Errorf("exit-codes.md has %d codes, want %d", seen, len(calls))
	}
}
