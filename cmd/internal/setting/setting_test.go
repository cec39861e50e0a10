package setting

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/resolve"
)

const canary = "c4nary"

type options struct {
	server, place string
	force, keep   bool
	wait          time.Duration
	names         []string
	secrets       []string
}

// command is one with a flag of each kind.
func command(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "x", RunE: func(*cobra.Command, []string) error { return nil }}
	f := cmd.Flags()
	f.StringVar(&o.server, "server", "", "")
	f.StringVar(&o.place, "data-dir", "here", "")
	f.BoolVar(&o.force, "force", false, "")
	f.BoolVar(&o.keep, "keep", false, "")
	f.DurationVar(&o.wait, "wait-time", time.Second, "")
	f.StringArrayVar(&o.names, "identity", nil, "")
	f.StringArrayVar(&o.secrets, "secret", nil, "")
	Annotate(f, []string{"server", "data-dir"}, InFile, Inherited)
	Annotate(f, []string{"server", "secret"}, Guarded)
	List(f, "identity", "IDENTITIES")
	List(f, "secret", "SECRETS")
	Annotate(f, []string{"secret"}, Adds)
	Rivals(f, "force", "keep")
	cmd.InitDefaultHelpFlag()
	return cmd
}

func settle(t *testing.T, args, environ []string) (options, error) {
	t.Helper()
	var o options
	cmd := command(&o)
	if err := cmd.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	return o, Read("X_", environ).Fill(cmd.Flags())
}

func TestVariablesFillWhatWasNotTyped(t *testing.T) {
	o, err := settle(t, []string{"--server", "typed", "--force"}, []string{
		"X_SERVER=variable", "X_DATA_DIR=there", "X_DATA_DIR=second", "X_KEEP=true", "X_WAIT_TIME=2s",
		"X_IDENTITIES= a\tb ", "X_IDENTITY=c", "X_SECRETS=d", "X_HELP=x", "SERVER=x", "X_", "Y_SERVER=x"})
	if err != nil {
		t.Fatal(err)
	}
	if o.server != "typed" || o.place != "there" || o.wait != 2*time.Second || o.keep || !slices.Equal(o.names, []string{"a", "b"}) || o.secrets != nil {
		t.Errorf("%+v", o)
	}
	if o, err := settle(t, nil, []string{"X_DATA_DIR=", "X_WAIT_TIME=", "X_KEEP=1"}); err != nil || o.place != "here" || !o.keep {
		t.Errorf("an empty variable counts: %+v, %v", o, err)
	}
}

func TestBadValueIsNotEchoed(t *testing.T) {
	_, err := settle(t, nil, []string{"X_WAIT_TIME=" + canary, "X_FORCE=" + canary})
	want := "X_FORCE: want true or false\nX_WAIT_TIME: want a duration such as 30s or 2m"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

type credentials struct {
	Key  string `env:"MASTER_KEY"`
	File string `env:"MASTER_KEY_FILE"`
}

func TestMisspelt(t *testing.T) {
	flags := command(&options{}).Flags()
	for name, meant := range map[string]string{
		"X_SERVERS": "X_SERVER", "X_SEVER": "X_SERVER", "X_SERVRE": "X_SERVER", "X_SERVEN": "X_SERVER", "X_SECRET": "X_SECRETS",
		"X_SERVER": "", "X_SERVER_URL": "", "X_DATADIR": "", "X_IDENTITY": "", "X_": "",
		"X_MASTERKEY": "X_MASTER_KEY", "X_MASTER_KEYS": "X_MASTER_KEY", "X_MASTER_KEY": "", "X_MASTER_KEY_FILE": "",
	} {
		err := Read("X_", []string{name + "=" + canary}).Misspelt(flags, &credentials{}, nil)
		if got := strings.TrimSuffix(strings.TrimPrefix(resolve.Hint(err), "did you mean "), "?"); got != meant {
			t.Errorf("%s: meant %q, want %q", name, got, meant)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	given := Read("X_", []string{"X_SERVERS=1", "X_SERVER=2", "X_OTHER=3", "X_EMPTY="})
	if err := given.Misspelt(flags, &credentials{}, func(name string) bool { return name == "X_SERVERS" }); err != nil {
		t.Errorf("a variable of another command: %v", err)
	}
	if got := given.Unknown(flags, func(name string) bool { return name == "X_SERVERS" }); !slices.Equal(got, []string{"X_OTHER"}) {
		t.Errorf("unknown: %v", got)
	}
}

func TestDecodeTellsNoValue(t *testing.T) {
	var into struct {
		Key   string `env:"KEY"`
		Count int    `env:"COUNT"`
	}
	if err := Read("X_", []string{"X_KEY=k"}).Decode(&into); err != nil || into.Key != "k" {
		t.Errorf("%+v, %v", into, err)
	}
	if err := Read("X_", []string{"X_COUNT=" + canary}).Decode(&into); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("%v", err)
	}
	if got := Names("X_", &into); !slices.Equal(got, []string{"X_KEY", "X_COUNT"}) {
		t.Errorf("%v", got)
	}
}

func TestInherit(t *testing.T) {
	flags := command(&options{}).Flags()
	environ := []string{"A=1", "X_FORCE=1", "X_SERVER=s", "X_SECRETS=db", "X_OTHER=1", "X_IDENTITY=", "X_IDENTITIES=", "odd", "=C:=x"}
	got := Inherit("X_", flags, environ)
	if want := []string{"A=1", "X_SERVER=s", "X_OTHER=1", "X_IDENTITY=", "odd", "=C:=x"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if few := environ[:1]; &Inherit("X_", flags, few)[0] != &few[0] {
		t.Error("an environment without such variables is copied")
	}
}

// Flags share their annotations until one gets another.
func TestAnnotationsStayApart(t *testing.T) {
	var o options
	f := command(&o).Flags()
	place, server := f.Lookup("data-dir"), f.Lookup("server")
	if Has(place, Guarded) || !Has(place, Inherited) || !Has(server, Guarded) || !Has(server, InFile) {
		t.Errorf("%v, %v", place.Annotations, server.Annotations)
	}
	if found := Find(&cobra.Command{}, func(f *pflag.Flag) bool { return f.Name == "server" }); found != nil {
		t.Errorf("found %s", found.Name)
	}
}

func TestHelpNamesVariables(t *testing.T) {
	var o options
	var out strings.Builder
	root := &cobra.Command{Use: "root"}
	root.PersistentFlags().String("config", "", "a file")
	cmd := command(&o)
	root.AddCommand(cmd)
	root.SetOut(&out)
	ShowVariables(root, "X_")
	root.SetArgs([]string{"x", "--help"})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"($X_SECRETS)", "($X_WAIT_TIME) (default 1s)", "a file ($X_CONFIG)"} {
		if strings.Count(out.String(), name) != 1 {
			t.Errorf("%s is not there once:\n%s", name, out.String())
		}
	}
	if strings.Contains(out.String(), "X_HELP") {
		t.Error(out.String())
	}
}
