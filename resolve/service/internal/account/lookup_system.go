//go:build windows || (!osusergo && (cgo || darwin))

package account

import "os/user"

// lookup asks the C library, or Windows for the owner of the process.
func lookup() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
