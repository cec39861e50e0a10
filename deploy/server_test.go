package deploy

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestServerImage is the README's way with containers: a server, a secret, a
// token that opens it, and a container's command that gets it, with nothing but
// variables; then a token that is revoked, and a server that comes back.
func TestServerImage(t *testing.T) {
	cli := docker(t, 15*time.Minute)
	squire := build(t, cli, "squire-test:wrapper")
	squired := build(t, cli, "squire-test:squired", "--target", "squired")
	cli.must(t, "network", "create", "squire-test")
	cli.later(t, "network", "rm", "squire-test")
	cli.must(t, "volume", "create", "squire-test")
	cli.later(t, "volume", "rm", "-f", "squire-test")
	hardened := []string{"--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=squire-test"}

	if out, err := cli.command("run", "--rm", squired).CombinedOutput(); err == nil || !strings.Contains(string(out), "without TLS") {
		t.Fatalf("a server that answers the network without TLS was not refused: %v\n%s", err, out)
	}
	cli.must(t, slices.Concat([]string{"run", "-d", "--name", "squire-test-squired", "--network-alias", "squired", "-v", "squire-test:/data", "-e", "SQUIRED_INSECURE_HTTP=true"}, hardened, []string{squired})...)
	cli.later(t, "rm", "-f", "squire-test-squired")
	admin := regexp.MustCompile(`(?m)^squire_[a-z2-7]+$`).FindString(waitLog(t, cli, "squire-test-squired", "squired answers at"))
	if admin == "" {
		t.Fatal("the first start has shown no token")
	}
	client := func(token string, options ...string) []string {
		return slices.Concat([]string{"run", "--rm"}, hardened, []string{"-e", "SQUIRE_SERVER=http://squired:7878", "-e", "SQUIRE_INSECURE_HTTP=true", "-e", "SQUIRE_TOKEN=" + token}, options)
	}
	command := func(args ...string) string {
		return strings.TrimSpace(string(cli.must(t, append(client(admin, "--entrypoint", "/squire", squire), args...)...)))
	}
	command("secret", "create", "db", "PGUSER=app", "PGPASSWORD=s3cret")
	token := command("token", "create", "shop", "--names", "db")

	// The wrapper's own image has no other program than squire itself.
	app := client(token, "-e", "SQUIRE_SECRETS=db:PGUSER,PGPASSWORD", "-e", "SQUIRE_REQUIRE=PGUSER", squire, "/squire", "version")
	if out := string(cli.must(t, app...)); !strings.HasPrefix(out, "squire ") {
		t.Errorf("the command printed %q", out)
	}
	missing := client(token, "-e", "SQUIRE_SECRETS=db:PGHOST", squire, "/squire", "version")
	if out, err := cli.command(missing...).CombinedOutput(); exitCode(err) != 125 || !strings.Contains(string(out), "secret main/db lacks the required key PGHOST") {
		t.Errorf("%v\n%s", err, out)
	}

	cli.must(t, "restart", "-t", "20", "squire-test-squired")
	waitLog(t, cli, "squire-test-squired", "squired ends")
	cli.must(t, app...) // it waits for a server that is about to come
	id := strings.Fields(command("token", "list"))
	at := slices.Index(id, "shop")
	if at < 1 {
		t.Fatalf("no token shop in %q", id)
	}
	command("token", "revoke", id[at-1])
	if out, err := cli.command(app...).CombinedOutput(); exitCode(err) != 125 || !strings.Contains(string(out), "not signed in") || strings.Contains(string(out), token) {
		t.Errorf("%v\n%s", err, out)
	}
}

func exitCode(err error) int {
	if e, ok := err.(*exec.ExitError); ok {
		return e.ExitCode()
	}
	return 0
}

// waitLog follows a container's log until text is in it, and returns the log.
func waitLog(t *testing.T, cli *engine, container, text string) string {
	t.Helper()
	cmd := cli.command("logs", "-f", container)
	var seen lines
	seen.found, seen.text = make(chan struct{}), text
	cmd.Stdout, cmd.Stderr = &seen, &seen
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	select {
	case <-seen.found:
	case <-ended:
	case <-t.Context().Done():
	}
	_ = cmd.Process.Kill()
	<-ended
	return seen.String()
}
