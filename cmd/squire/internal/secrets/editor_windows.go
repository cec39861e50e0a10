package secrets

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

// editorCommand starts an editor by the command interpreter, which gets its line
// as it is: with /s it takes away the outer quotes alone. It is to look for the editor in PATH,
// and not in the working directory first.
func editorCommand(ctx context.Context, editor, path string) *exec.Cmd {
	shell := os.Getenv("ComSpec")
	if shell == "" {
		shell = "cmd.exe"
	}
	cmd := exec.CommandContext(ctx, shell)
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /s /c "` + editor + ` "` + path + `""`}
	cmd.Env = []string{"NoDefaultCurrentDirectoryInExePath=1"}
	return cmd
}
