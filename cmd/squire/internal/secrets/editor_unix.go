//go:build !windows

package secrets

import (
	"context"
	"os/exec"
	"strings"
)

// editorCommand starts an editor as git does: by the shell, since it may have
// arguments and quotes, or itself if there is nothing that a shell would change.
func editorCommand(ctx context.Context, editor, path string) *exec.Cmd {
	if !strings.ContainsAny(editor, "|&;<>()$`\\\"' \t\n*?[#~=%") {
		return exec.CommandContext(ctx, editor, path)
	}
	return exec.CommandContext(ctx, "sh", "-c", editor+` "$@"`, editor, path)
}
