package main

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Each flag has a variable, and each variable a flag, but for what a process
// list must not show.
func TestEachFlagHasAVariable(t *testing.T) {
	named := map[string]bool{}
	fields := reflect.TypeFor[variables]()
	for i := range fields.NumField() {
		flag, _ := flagOf(variablePrefix + fields.Field(i).Tag.Get("env"))
		named[flag] = true
	}
	for _, hidden := range []string{"master-key", "token"} {
		if !named[hidden] {
			t.Errorf("no variable for %s", hidden)
		}
		delete(named, hidden)
	}
	seen := map[string]bool{}
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		see := func(f *pflag.Flag) {
			if seen[f.Name] = true; !named[f.Name] && f.Name != "help" && f.Name != "version" {
				t.Errorf("%s: --%s has no variable", c.CommandPath(), f.Name)
			}
		}
		c.Flags().VisitAll(see)
		c.PersistentFlags().VisitAll(see)
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk((&session{}).rootCommand())
	for name := range named {
		if !seen[name] {
			t.Errorf("no flag is set by the variable of %s", name)
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
