package resolve

import (
	"strings"
	"testing"
)

func TestRedactTokens(t *testing.T) {
	token := "squire_" + strings.Repeat("a2", 29)
	key := strings.Repeat("Zz9+/", 8) + "abc="
	for in, want := range map[string]string{
		"open " + token + ": no such file":      "open [redacted]: no such file",
		"open /run/" + token + ": no":           "open /run/[redacted]: no",
		"stat /tmp/" + key + ": no":             "stat /tmp/[redacted]: no",
		token:                                   "[redacted]",
		key:                                     "[redacted]",
		"/home/u/.local/share/squire/store.db":  "/home/u/.local/share/squire/store.db",
		"squire_short and a=b, ä \x00 x":        "squire_short and a=b, ä \x00 x",
		"--master-key-file=/etc/squire/key.pem": "--master-key-file=/etc/squire/key.pem",
		"":                                      "",
	} {
		if got := RedactTokens(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}
