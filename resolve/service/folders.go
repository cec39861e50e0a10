package service

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/squire-env/squire/resolve"
)

// FillFolders sets DataDir and MasterKeyFile, where they are needed and empty,
// to squire below the user's folders for data and configuration, as the XDG
// base directory specification says. It is for programs; Open has no defaults.
func (c *Config) FillFolders(lookup func(name string) (string, bool)) error {
	var dataErr, keyErr error
	if c.DataDir == "" && c.Store == nil {
		c.DataDir, dataErr = underHome(lookup, "XDG_DATA_HOME", ".local/share", "SQUIRE_DATA_DIR")
	}
	if c.MasterKeyFile == "" && c.MasterKey == "" {
		c.MasterKeyFile, keyErr = underHome(lookup, "XDG_CONFIG_HOME", ".config", "SQUIRE_MASTER_KEY_FILE")
		c.MasterKeyFile = filepath.Join(c.MasterKeyFile, "master.key")
	}
	return errors.Join(dataErr, keyErr)
}

// underHome ignores a relative path in a variable, as the specification says.
func underHome(lookup func(string) (string, bool), variable, fallback, own string) (string, error) {
	base, _ := lookup(variable)
	if !filepath.IsAbs(base) {
		home, _ := lookup("HOME")
		if home == "" {
			home, _ = lookup("USERPROFILE") // Windows
		}
		if home == "" {
			return "", resolve.WithHint(fmt.Errorf("named secrets: neither %s nor HOME says where the store is", variable), "set %s", own)
		}
		base = filepath.Join(home, filepath.FromSlash(fallback))
	}
	return filepath.Join(base, "squire"), nil
}
