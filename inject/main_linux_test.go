package inject

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/squire-env/squire/resolve"
)

// codeSkip is the exit code of a helper that may not do what it should.
const codeSkip = 99

// TestMain makes the test binary its own helper: exec ends the process that
// calls it, so each exec test starts this binary again with a first argument
// that no test flag looks like.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "helper:nothing":
			return
		case "helper:run":
			os.Exit(helperRun(os.Args[2:]))
		case "helper:long":
			os.Exit(helperLong(os.Args[2], os.Args[3]))
		case "helper:fill":
			helperFill(os.Args[2:])
		}
	}
	os.Exit(m.Run())
}

// helperRun is squire run without its command line: it merges helperLayers and
// becomes the command.
func helperRun(argv []string) int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		if hint := resolve.Hint(err); hint != "" {
			fmt.Fprintln(os.Stderr, "hint:", hint)
		}
		switch {
		case errors.Is(err, ErrNotFound):
			return 127
		case errors.Is(err, ErrNotExecutable):
			return 126
		}
		return 125
	}
	e, err := Merge(os.Environ(), helperLayers(), Options{})
	if err != nil {
		return fail(err)
	}
	path, err := LookPath(argv[0], e)
	if err != nil {
		return fail(err)
	}
	if err := e.Check(path, argv); err != nil {
		return fail(err)
	}
	return fail(Exec(path, argv, e.Environ()))
}

func helperLayers() []resolve.Layer {
	return []resolve.Layer{
		{Source: "first", Vars: []resolve.Var{v("LAYERED", "one"), v("REPLACED", "by a layer"), v("SQUIRE_TOKEN", "own")}},
		{Source: "second", Vars: []resolve.Var{v("LAYERED", "two"), v("BYTES", "\xff\x01 =a=\n$(x)`y`\r\n"), v("EMPTY", "")}},
	}
}

// helperFill execs /bin/true with an environment of a size relative to the
// limits, and says what check thought of it: the real kernel has the last word.
// Arguments: soft stack limit, arguments, variables, delta in bytes, the path.
func helperFill(args []string) {
	number := func(i int) int {
		n, err := strconv.Atoi(args[i])
		must(err)
		return n
	}
	var stack syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_STACK, &stack))
	stack.Cur = uint64(int64(number(0))) // -1 is unlimited
	if syscall.Setrlimit(syscall.RLIMIT_STACK, &stack) != nil {
		os.Exit(codeSkip) // over the hard limit
	}
	path := args[4]
	l := kernelLimits()
	argv := make([]string, number(1))
	for i := range argv {
		argv[i] = "a"
	}
	environ := fill(l, path, argv, number(2), l.total-scriptNeed(path, argv)+number(3))
	if err := check(path, argv, environ, l); err == nil {
		fmt.Println("fits")
	} else {
		fmt.Println("refused:", err)
	}
	err := Exec(path, argv, environ)
	fmt.Println("exec:", errors.Is(err, ErrTooLarge), err, resolve.Hint(err))
	os.Exit(7)
}

// helperLong execs /bin/true with one long string, whatever check says of it.
func helperLong(kind, size string) int {
	n, err := strconv.Atoi(size)
	must(err)
	argv, environ := []string{"true"}, []string{"A=" + strings.Repeat("x", n)}
	if kind == "arg" {
		argv, environ = []string{"true", strings.Repeat("x", n)}, nil
	}
	checked := check("/bin/true", argv, environ, kernelLimits())
	if kernel := syscall.Exec("/bin/true", argv, environ); kernel == syscall.E2BIG && errors.Is(checked, ErrTooLarge) {
		fmt.Println("check and the kernel refuse it")
	} else {
		fmt.Println("check:", checked, "kernel:", kernel)
	}
	return 125
}

// fill makes so many variables that all together needs so much.
func fill(l limits, path string, argv []string, vars, need int) []string {
	environ := make([]string, vars)
	for i := range environ {
		environ[i] = "V" + strconv.Itoa(i) + "="
	}
	missing := need - l.need(path, argv, environ)
	for i := range environ {
		n := min(missing, l.str-len(environ[i]))
		if n <= 0 {
			break
		}
		environ[i] += strings.Repeat("x", n)
		missing -= n
	}
	if missing != 0 {
		panic(fmt.Sprintf("%d bytes do not fit the shape", missing))
	}
	return environ
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// start runs the helper with exactly these strings as its environment: os/exec
// would drop duplicates.
func start(t *testing.T, environ []string, dir string, argv ...string) (stdout, stderr string, code int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return startPath(t, self, environ, dir, append([]string{self}, argv...)...)
}

func startPath(t *testing.T, path string, environ []string, dir string, argv ...string) (stdout, stderr string, code int) {
	t.Helper()
	out, outW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	errR, errW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer errR.Close()
	p, err := os.StartProcess(path, argv, &os.ProcAttr{Dir: dir, Env: environ, Files: []*os.File{nil, outW, errW}})
	outW.Close()
	errW.Close()
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(errR)
		errs <- string(b)
	}()
	b, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	state, err := p.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return string(b), <-errs, state.ExitCode()
}
