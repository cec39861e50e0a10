package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/squire-env/squire/resolve"
)

// explain says more of an error where squired knows more than who made it.
func explain(cmd *cobra.Command, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted")
	case errors.Is(err, resolve.ErrBusy) && resolve.Hint(err) == "wait for it to end, or stop it": // the store's own
		return resolve.WithHint(err, "%s", whenHeld(cmd.Name()))
	}
	return err
}

// whenHeld is what to do while another process holds the store.
func whenHeld(command string) string {
	switch command {
	case "serve":
		return "one server has a store: stop that one, or serve another --data-dir; several share a --database-url"
	case "restore":
		return "stop the process that holds the store, then restore"
	case "copy":
		return "if that is a server, stop it; FROM can be its URL instead: squired copy https://… TO --token-file FILE"
	}
	return "if that is a server, go through it: squired " + command + " --server URL --token-file FILE"
}

// ours are the names that the embedded service has for what squired has under
// its own.
func ours() *strings.Replacer {
	return strings.NewReplacer(
		"SQUIRE_DATA_DIR", "SQUIRED_DATA_DIR",
		"SQUIRE_MASTER_KEY", "SQUIRED_MASTER_KEY", // and …_FILE
		"SQUIRE_TOKEN", "SQUIRED_TOKEN",
		"SQUIRE_SERVER", "SQUIRED_SERVER",
		"squire secret create NAME KEY=- creates", "squired serve creates",
	)
}
