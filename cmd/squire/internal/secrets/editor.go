package secrets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/squire-env/squire/cmd/squire/internal/app"
	"github.com/squire-env/squire/resolve"
)

// memoryFolder is a file system in memory on Linux: files there are not
// written to a disk.
const memoryFolder = "/dev/shm"

// errUntouched is an editor that was left without a value.
var errUntouched = errors.New("the editor left the file empty, so nothing was stored")

// edit opens the user's editor on an empty file and returns what was saved.
// The file has mode 0600 in a folder of its own with mode 0700, since editors put
// swap and backup files beside it. The folder is always removed.
func edit(ctx context.Context, a *app.App, key string) (data []byte, err error) {
	name, editor := editor(a)
	if editor == "" {
		return nil, resolve.WithHint(errors.New("no editor found"), "set VISUAL or EDITOR, or pipe the value: squire secret … %s=- < FILE", key)
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
	// These signals would end squire and leave the file behind. They are passed
	// to the editor instead, and the file is removed when it has ended.
	caught := make(chan os.Signal, 8)
	signal.Notify(caught, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(caught)
	path := filepath.Join(folder, key)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return nil, err
	}
	cmd := editorCommand(ctx, editor, path)
	cmd.Env = slices.Concat(a.Environ, cmd.Env)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w; nothing was stored", name, startFault(err))
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var ended os.Signal
	for {
		select {
		case sig := <-caught:
			if sig != os.Interrupt && sig != syscall.SIGQUIT { // the terminal sends these two to the editor itself, which may handle them
				ended = sig
				_ = cmd.Process.Signal(sig)
			}
		case err := <-done:
			if ended != nil {
				return nil, fmt.Errorf("interrupted by signal %s; nothing was stored", ended)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w; nothing was stored", name, err)
			}
			data, err := os.ReadFile(path)
			if err == nil && len(data) == 0 || errors.Is(err, fs.ErrNotExist) {
				err = errUntouched
			}
			return data, err
		}
	}
}

// editor is the user's choice, and what names it in messages: its text may hold
// anything.
func editor(a *app.App) (name, text string) {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if text, _ := a.LookupEnv(name); strings.TrimSpace(text) != "" {
			return name, text
		}
	}
	if path, err := exec.LookPath("vi"); err == nil {
		return "vi", path
	}
	return "", ""
}

// startFault is the error of a start without the path, which may be anything.
func startFault(err error) error {
	var lookup *exec.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &lookup):
		return lookup.Err
	case errors.As(err, &path):
		return path.Err
	}
	return err
}
