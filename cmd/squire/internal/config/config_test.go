package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/inject/plan"
	"github.com/squire-env/squire/resolve"
)

// load is a Config for a command line in the working directory.
func load(t *testing.T, args []string, environ ...string) (*Config, error) {
	t.Helper()
	c := &Config{Warn: func(text string) { t.Errorf("warned: %s", text) }}
	cmd := command(c)
	var watch bool
	cmd.Flags().BoolVar(&watch, "watch", false, "")
	cmd.Flags().Lookup("watch").Annotations = map[string][]string{"squire_in_file": nil}
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return c, c.Load(t.Context(), cmd.Flags(), environ)
}

func mustLoad(t *testing.T, args []string, environ ...string) *Config {
	t.Helper()
	c, err := load(t, args, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// described is each source of a plan: where it is from, and what it is.
func described(p plan.Plan) (all []string) {
	for _, s := range p.Sources {
		text := s.From + " " + s.Kind.String() + " "
		switch s.Kind {
		case plan.Named:
			text += s.Ref.String()
		case plan.Dict:
			for name, v := range s.Dict {
				text += name + "=" + v.Reveal()
			}
		case plan.Dotenv:
			text += s.Path + " " + s.Search
		case plan.LocalEnviron:
			text += strings.Join(s.Names, ",")
		}
		if s.Optional || s.Ref.Optional {
			text += " optional"
		}
		all = append(all, strings.TrimSpace(text))
	}
	return all
}

func TestPrecedence(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "squire.yaml", "environment: file\ntimeout: 3s\nclean: true\nrequire: [A]\nlog_level: error\nsecrets: [{dict: {K: file}}]\n")
	c := mustLoad(t, []string{"--timeout", "1s", "-s", "typed", "--dotenv", "-e", "A=1", "-e", "B", "-e", "C=2", "--dotenv-name", "x.env", "-f", "f", "--env-file-if-exists", "g"},
		"SQUIRE_TIMEOUT=2s", "SQUIRE_ENVIRONMENT=variable", "SQUIRE_SECRETS=one two:K", "SQUIRE_ENV_FILES=a.env b.env", "SQUIRE_ENV=HOME",
		"SQUIRE_DOTENV=true", "SQUIRE_SECRETS_IF_EXISTS=maybe", "SQUIRE_ENV_FILES_IF_EXISTS=c.env", "SQUIRE_CLEAN=false", "SQUIRE_DATA_DIR=d")
	if c.Timeout.String() != "1s" || c.Environment != "variable" || c.EnvironmentTyped || c.LogLevel != "error" || c.Squire.DataDir != "d" {
		t.Errorf("timeout %s, environment %s, level %s, %+v", c.Timeout, c.Environment, c.LogLevel, c.Squire)
	}
	p := c.Plan()
	if p.Merge.Clean || !slices.Equal(p.Merge.Require, []string{"A"}) || !slices.Equal(p.Files, []string{"squire.yaml"}) {
		t.Errorf("%+v, files %v", p.Merge, p.Files)
	}
	want := []string{
		"squire.yaml:6 dict K=file",
		"SQUIRE_DOTENV env file . x.env", "SQUIRE_ENV_FILES env file a.env", "SQUIRE_ENV_FILES env file b.env", "SQUIRE_ENV_FILES_IF_EXISTS env file c.env  optional",
		"SQUIRE_SECRETS secret one", "SQUIRE_SECRETS secret two:K", "SQUIRE_SECRETS_IF_EXISTS secret maybe optional", "SQUIRE_ENV local environment HOME",
		"--secret secret typed", "--dotenv env file . x.env", "--env (number 1) dict A=1", "--env local environment B", "--env (number 3) dict C=2",
		"--env-file env file f", "--env-file-if-exists env file g  optional",
	}
	if got := described(p); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tt := range []struct{ arg, variable, want string }{
		{"--environment=", "", "--environment is empty; leave it out for the default"},
		{"--config=", "", "--config is empty; leave it out for the default"},
		{"--dotenv-name=", "", "--dotenv-name is empty; leave it out for the default"},
		{"", "SQUIRE_REQUIRE= ", "SQUIRE_REQUIRE is empty; leave it out for the default"},
		{"--timeout=0s", "", "--timeout: want a duration above zero, such as 30s"},
		{"--cache-max-age=0s", "", "--cache-max-age: want a duration above zero, such as 24h"},
		{"--server=", "", "--server is empty; leave it out for the default"},
		{"", "SQUIRE_SECRET=db", "unknown variable SQUIRE_SECRET"},
		{"", "SQUIRE_SECRETS=A=hunter2", "SQUIRE_SECRETS: invalid reference to a secret: the path contains = or a control character"},
		{"", "SQUIRE_ENV=A=hunter2", "SQUIRE_ENV: want names of variables to copy, without ="},
		{"", "SQUIRE_ENV==hunter2", "SQUIRE_ENV: want KEY=VALUE or KEY; there is nothing before the ="},
		{"", "SQUIRE_CLEAN=hunter2", "SQUIRE_CLEAN: want true or false"},
	} {
		var args []string
		if tt.arg != "" {
			args = append(args, tt.arg)
		}
		if _, err := load(t, args, tt.variable); err == nil || err.Error() != tt.want {
			t.Errorf("%s %s: %v, want %s", tt.arg, tt.variable, err, tt.want)
		}
	}
}

// Other commands take what is no misspelling of theirs.
func TestVariablesOfOtherCommands(t *testing.T) {
	t.Chdir(t.TempDir())
	c := &Config{}
	c.Commands = func() *cobra.Command {
		cmd := &cobra.Command{}
		cmd.Flags().String("environments", "", "")
		return cmd
	}
	cmd := &cobra.Command{}
	c.GlobalFlags(cmd.Flags())
	secret := cmd.Flags().String("secret", "", "") // no source
	if err := c.Load(t.Context(), cmd.Flags(), []string{"SQUIRE_ENVIRONMENTS=x", "SQUIRE_SECRETS=db", "SQUIRE_SECRET=web"}); err != nil || *secret != "web" {
		t.Errorf("%q, %v", *secret, err)
	}
	if err := c.Load(t.Context(), cmd.Flags(), []string{"SQUIRE_ENVIRONMENTT=x"}); err == nil {
		t.Error("a misspelt variable is taken")
	}
}

func TestFind(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(top, "a/b/c")
	write(t, filepath.Join(folder, "x"), "")
	t.Chdir(folder)
	at := func(path string) string { return filepath.Join(top, path) }
	for _, tt := range []struct{ make, home, want, fault string }{
		{"a/b/c/squire.yaml", "", "squire.yaml", ""},
		{"a/b/squire.yaml", "", "../squire.yaml", ""},
		{"a/squire.yaml", at("a"), "../../squire.yaml", ""},
		{"a/squire.yaml", at("a/b"), "", ""},
		{"a/b/squire.yml", "", "", "../squire.yml: the name of this file has to be squire.yaml"},
		{"a/.squire.yaml", "", "", "../../.squire.yaml: the name of this file has to be squire.yaml"},
		{"a/.squire.yaml", at("a/b/c"), "", ""},
	} {
		write(t, at(tt.make), "")
		if tt.home == "" {
			tt.home = top // what is above it is not ours
		}
		got, err := find(tt.home)
		if got != tt.want || (err == nil) != (tt.fault == "") || err != nil && err.Error() != tt.fault {
			t.Errorf("%s: %q, %v, want %q, %s", tt.make, got, err, tt.want, tt.fault)
		}
		if err := os.Remove(at(tt.make)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, at("a/squire.yaml"), "")
	write(t, at("a/b/.git"), "")
	if got, err := find(top); got != "" || err != nil {
		t.Errorf("beyond a .git: %q, %v", got, err)
	}
	if err := os.Rename(at("a/b/.git"), at("a/.git")); err != nil {
		t.Fatal(err)
	}
	if got, err := find(top); got != "../../squire.yaml" || err != nil {
		t.Errorf("beside a .git: %q, %v", got, err)
	}
}

func TestFoundFileOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	t.Chdir(t.TempDir())
	write(t, "squire.yaml", "clean: true\n")
	if err := os.Chown("squire.yaml", 12345, -1); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, nil); err == nil || err.Error() != "squire.yaml belongs to another user" {
		t.Errorf("%v", err)
	}
	mustLoad(t, []string{"--config", "squire.yaml"})
	mustLoad(t, []string{"--config", "none"})
	write(t, "own.yaml", "")
	if err := os.Rename("squire.yaml", "other.yaml"); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"own.yaml", "other.yaml"} {
		if err := os.Symlink(target, "squire.yaml"); err != nil {
			t.Fatal(err)
		}
		owners := []int{12345, 0}
		if target == "other.yaml" {
			owners = []int{0}
		}
		for _, owner := range owners {
			if err := os.Lchown("squire.yaml", owner, -1); err != nil {
				t.Fatal(err)
			}
			if _, err := load(t, nil); (err == nil) != (target == "own.yaml" && owner == 0) {
				t.Errorf("a link of user %d to %s: %v", owner, target, err)
			}
		}
		if err := os.Remove("squire.yaml"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEmptyFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	mustLoad(t, []string{"--config", os.DevNull})
	if err := os.Symlink(os.DevNull, "squire.yaml"); err != nil {
		t.Skip(err)
	}
	if c := mustLoad(t, nil); len(c.Plan().Sources) != 0 || c.file == nil {
		t.Errorf("%+v", c.file)
	}
	if err := os.Remove("squire.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("squire.yaml", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, nil); err == nil {
		t.Error("a folder is taken for a file")
	}
}

func TestFoundFileMustNotSayWhereSecretsGo(t *testing.T) {
	t.Chdir(t.TempDir())
	for field, flag := range map[string]string{"server: https://h": "--server=https://x", "ca_cert: x": "--ca-cert=x", "cache: x": "--cache=x"} {
		write(t, "squire.yaml", field)
		_, err := load(t, nil)
		if err == nil || !strings.Contains(err.Error(), "a file that was not named") || resolve.Hint(err) == "" {
			t.Errorf("%s: %v", field, err)
		}
		mustLoad(t, []string{flag})
		mustLoad(t, nil, "SQUIRE_CONFIG=squire.yaml")
	}
}

func TestReload(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "squire.yaml", "clean: true\nrequire: [A]\nsecrets: [{dict: {K: one}}]\n")
	c := mustLoad(t, []string{"-e", "B=typed"}, "SQUIRE_ON_CONFLICT=keep")
	var warned []string
	c.Warn = func(text string) { warned = append(warned, text) }
	reload := func(text string) plan.Plan {
		t.Helper()
		write(t, "squire.yaml", text)
		p, err := c.Reload(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for range 2 {
		p := reload("require: [C]\non_conflict: error\nsecrets: [{dict: {K: two}}]\n")
		if got := strings.Join(described(p), ", "); got != "squire.yaml:3 dict K=two, --env (number 1) dict B=typed" {
			t.Error(got)
		}
		if p.Merge.Clean || strings.Join(p.Merge.Require, " ") != "C" || p.Merge.OnConflict != "keep" {
			t.Errorf("%+v", p.Merge)
		}
	}
	if warned != nil {
		t.Errorf("warned %q", warned)
	}
	for _, short := range []string{"", "# cut short\n", "require: [C]\n"} {
		write(t, "squire.yaml", short)
		if _, err := c.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "squire.yaml has no sources any more") {
			t.Errorf("%q: %v", short, err)
		}
	}
	reload("watch: true\nenvironment: prod\nclean: true\nsecrets: [{dict: {K: two}}]\n")
	if want := "squire.yaml: a change of environment, watch takes effect at the next start of squire"; len(warned) != 1 || warned[0] != want {
		t.Errorf("warned %q, want %q", warned, want)
	}
	if c.Environment != resolve.DefaultEnvironment {
		t.Errorf("the environment is %s", c.Environment)
	}
	write(t, "squire.yaml", "clean: hunter2\n")
	if _, err := c.Reload(t.Context()); err == nil || err.Error() != "squire.yaml:1: clean: want true or false" {
		t.Errorf("%v", err)
	}
	if p := c.Plan(); !p.Merge.Clean {
		t.Error("a faulty file changed the plan")
	}
	if err := os.Remove("squire.yaml"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Reload(t.Context()); err == nil || err.Error() != "squire.yaml is gone" {
		t.Errorf("%v", err)
	}
	c = mustLoad(t, nil)
	write(t, "squire.yaml", "clean: true\n") // where there was none, none is read later
	if p, err := c.Reload(t.Context()); err != nil || p.Merge.Clean || p.Files != nil {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestInherited(t *testing.T) {
	t.Chdir(t.TempDir())
	environ := []string{"A=1", "SQUIRE_SECRETS_IF_EXISTS=db", "SQUIRE_CLEAN=true", "SQUIRE_SERVER=https://h", "SQUIRE_ENVIRONMENT=prod", "SQUIRE_DATA_DIR=d",
		"SQUIRE_CA_CERT=c", "SQUIRE_TOKEN_FILE=t", "SQUIRE_MASTER_KEY_FILE=k", "SQUIRE_LOG_LEVEL=error", "SQUIRE_CONFIG=none", "SQUIRE_WATCH=true", "SQUIRE_YES=1"}
	c := mustLoad(t, nil, environ...)
	want := []string{"A=1", "SQUIRE_SERVER=https://h", "SQUIRE_ENVIRONMENT=prod", "SQUIRE_DATA_DIR=d", "SQUIRE_CA_CERT=c", "SQUIRE_TOKEN_FILE=t", "SQUIRE_MASTER_KEY_FILE=k", "SQUIRE_YES=1"}
	if got := c.Inherited(environ); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
