package service

import (
	"path/filepath"
	"testing"

	"github.com/squire-env/squire/resolve"
)

func TestFoldersFollowXDG(t *testing.T) {
	for _, test := range []struct {
		env       map[string]string
		data, key string
	}{
		{map[string]string{"HOME": "/h"}, "/h/.local/share/squire", "/h/.config/squire/master.key"},
		{map[string]string{"USERPROFILE": "/u"}, "/u/.local/share/squire", "/u/.config/squire/master.key"},
		{map[string]string{"HOME": "/h", "XDG_DATA_HOME": "/x", "XDG_CONFIG_HOME": "/y"}, "/x/squire", "/y/squire/master.key"},
		{map[string]string{"HOME": "/h", "XDG_DATA_HOME": "relative"}, "/h/.local/share/squire", "/h/.config/squire/master.key"},
	} {
		lookup := func(name string) (string, bool) { text, ok := test.env[name]; return text, ok }
		var c Config
		if err := c.FillFolders(lookup); err != nil || filepath.ToSlash(c.DataDir) != test.data || filepath.ToSlash(c.MasterKeyFile) != test.key {
			t.Errorf("%v: %q and %q, %v", test.env, c.DataDir, c.MasterKeyFile, err)
		}
		c = Config{DataDir: "d", MasterKey: "k"}
		if err := c.FillFolders(lookup); err != nil || c.DataDir != "d" || c.MasterKeyFile != "" {
			t.Errorf("what is set was replaced: %q and %q, %v", c.DataDir, c.MasterKeyFile, err)
		}
	}
	var c Config
	err := c.FillFolders(func(string) (string, bool) { return "", false })
	if faults := resolve.Faults(err); len(faults) != 2 || resolve.Hint(err) != "set SQUIRE_DATA_DIR" {
		t.Errorf("%v, hint %q", err, resolve.Hint(err))
	}
}
