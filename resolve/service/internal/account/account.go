// Package account names the account that this process runs under, for the
// audit trail. It asks the system's user database only: os/user believes $USER
// where a statically linked binary finds no entry in /etc/passwd, as in most
// containers, and who sets that variable would choose the name.
package account

import (
	"os"
	"strconv"
)

// Name returns the account's name, or uid:N where the database has none.
func Name() string {
	if name := lookup(); name != "" {
		return name
	}
	return "uid:" + strconv.Itoa(os.Getuid())
}
