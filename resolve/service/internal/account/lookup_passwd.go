//go:build !windows && (osusergo || (!cgo && !darwin))

package account

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/squire-env/squire/resolve/atomicfile"
)

// lookup reads /etc/passwd, which is all that os/user reads in such a build.
func lookup() string {
	f, err := atomicfile.OpenFile("/etc/passwd", os.O_RDONLY, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	return find(f, strconv.Itoa(os.Getuid()))
}

// find returns the name of the first entry NAME:PASSWORD:UID:… of a uid.
// Entries that begin with + or - are NIS directives, not accounts.
func find(passwd io.Reader, uid string) string {
	lines := bufio.NewScanner(passwd)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), ":", 4)
		if len(fields) == 4 && fields[2] == uid && fields[0] != "" && !strings.ContainsAny(fields[0][:1], "+-#") {
			return fields[0]
		}
	}
	return ""
}
