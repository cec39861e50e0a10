package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/setting"
)

// Each flag has a variable of its own.
func TestEachFlagHasAVariable(t *testing.T) {
	flags := map[string]string{}
	setting.Find((&session{}).rootCommand(), func(f *pflag.Flag) bool {
		name := setting.Variable(variablePrefix, f)
		if name == "" && (f.Name == "help" || f.Name == "version") {
			return false
		}
		if other := flags[name]; name == "" || other != "" && other != f.Name {
			t.Errorf("--%s and --%s have the variable %q", f.Name, other, name)
		}
		flags[name] = f.Name
		return false
	})
	for _, name := range setting.Names(variablePrefix, &variables{}) {
		if flags[name] != "" {
			t.Errorf("%s is the variable of --%s, too", name, flags[name])
		}
	}
}

// Whatever is typed wrong, wherever, is not said again.
func TestInputIsNotEchoed(t *testing.T) {
	const canary = "AGE-SECRET-KEY-1CANARY"
	flags := []string{"data-dir", "database-url", "master-key-file", "server", "token-file", "ca-cert", "lock-timeout", "recipient", "recipients-file",
		"out", "identity", "in", "force", "add-only", "drop-old", "json", "to-master-key-file", "nonsense",
		"listen", "metrics-listen", "tls-cert", "shutdown-timeout", "trusted-proxies", "log-level", "log-format"}
	var calls [][]string
	for _, cmd := range []string{"backup", "restore", "copy", "rotate-key", "verify-audit", "serve"} {
		calls = append(calls, []string{cmd, canary}, []string{cmd, canary + "://x", canary}, []string{cmd, "--" + canary}, []string{canary})
		for _, f := range flags {
			if cmd == "serve" && (f == "token-file" || f == "ca-cert") {
				continue // they are for the other commands, and it would serve
			}
			calls = append(calls, []string{cmd, "--" + f + "=" + canary + "\x00"})
		}
		for _, f := range []string{"recipients-file", "identity", "in"} {
			calls = append(calls, []string{cmd, "--" + f, canary})
		}
	}
	dir := t.TempDir()
	for _, args := range calls {
		var out, errs bytes.Buffer
		code := run(context.Background(), args, []string{"HOME=" + dir, "SQUIRED_TOKEN=" + canary, "SQUIRED_LOCK_TIMEOUT=1ns"}, strings.NewReader(""), &out, &errs)
		if code == 0 || errs.Len() == 0 {
			t.Errorf("%q: exit code %d, %s", args, code, errs.String())
		}
		if isPath := strings.Contains(args[len(args)-1], "-dir=") || strings.Contains(args[len(args)-1], "key-file="); strings.Contains(out.String()+errs.String(), canary) && !isPath {
			t.Errorf("%q: %s", args, errs.String())
		}
	}
	for _, v := range []string{"LOCK_TIMEOUT", "FORCE", "RECIPIENTS", "SERVER", "DATABASE_URL", "MASTER_KEY"} {
		var out, errs bytes.Buffer
		code := run(context.Background(), []string{"backup"}, []string{"HOME=" + dir, "SQUIRED_" + v + "=" + canary}, strings.NewReader(""), &out, &errs)
		if code == 0 || strings.Contains(out.String()+errs.String(), canary) {
			t.Errorf("SQUIRED_%s: exit code %d, %s", v, code, errs.String())
		}
	}
}
