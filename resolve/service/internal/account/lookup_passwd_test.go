//go:build !windows && (osusergo || (!cgo && !darwin))

package account

import (
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	const passwd = "root:x:0:0:root:/root:/bin/sh\n\n#old:x:7:7::/:\n+nis:x:7:7::/:\n:x:7:7::/:\nshort:x:7\nshop:x:7:7::/:\nlater:x:7:7::/:\n"
	for uid, want := range map[string]string{"0": "root", "7": "shop", "8": "", "": ""} {
		if got := find(strings.NewReader(passwd), uid); got != want {
			t.Errorf("uid %s: %q, want %q", uid, got, want)
		}
	}
}
