package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
)

// memoryFolder is a file system in memory, where Linux has one: what is
// written there does not reach a disk.
const memoryFolder = "/dev/shm"

// edit opens the user's editor on an empty file and returns what was saved.
// The file is 0600 in a folder of its own, 0700, since an editor leaves its
// swap and backup files beside it; the folder goes whatever happens.
func edit(ctx context.Context, a *app.App, key string) (data []byte, err error) {
	editor := editor(a)
	if editor == nil {
		return nil, resolve.WithHint(errors.New("no editor"), "set VISUAL or EDITOR, or pipe the value: squire secret … %s=- < FILE", key)
	}
	parent := memoryFolder
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		parent = ""
	}
	folder, err := os.MkdirTemp(parent, "squire-")
	if err != nil && parent != "" {
		folder, err = os.MkdirTemp("", "squire-")
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	// The signals that would end squire and leave the file: the editor gets
	// them too, ends, and the file is removed on the way out.
	caught := make(chan os.Signal, 8)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(caught)
	path := filepath.Join(folder, key)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, editor[0], append(editor[1:], path)...)
	cmd.Env = a.Environ
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("editor %s: %w", editor[0], err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var ended os.Signal
	for {
		select {
		case sig := <-caught:
			if sig != os.Interrupt && sig != syscall.SIGQUIT { // a terminal sends these to the editor itself, which may use them
				ended = sig
				_ = cmd.Process.Signal(sig)
			}
		case err := <-done:
			if ended != nil {
				return nil, fmt.Errorf("ended by signal %s; nothing is stored", ended)
			}
			if err != nil {
				return nil, fmt.Errorf("editor %s: %w; nothing is stored", editor[0], err)
			}
			return os.ReadFile(path)
		}
	}
}

// editor is the user's choice, split on white space, since "code --wait" is
// usual; no shell reads it.
func editor(a *app.App) []string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if text, _ := a.LookupEnv(name); strings.TrimSpace(text) != "" {
			return strings.Fields(text)
		}
	}
	if path, err := exec.LookPath("vi"); err == nil {
		return []string{path}
	}
	return nil
}
