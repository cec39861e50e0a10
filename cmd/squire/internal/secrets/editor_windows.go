package secrets

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

// editorCommand starts an editor by the command interpreter, which gets its line
// as it is: with /s it takes away the outer quotes alone.
func editorCommand(ctx context.Context, editor, path string) *exec.Cmd {
	shell := os.Getenv("ComSpec")
	if shell == "" {
		shell = "cmd.exe"
	}
	cmd := exec.CommandContext(ctx, shell)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /s /c "` + editor + ` "` + path + `""`}
	return cmd
}
