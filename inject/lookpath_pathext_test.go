package inject

import (
	"slices"
	"testing"
)

// A file in the working directory must not win over PATH, wherever PATH has it.
func TestPathextNeverSearchesTheWorkingDirectory(t *testing.T) {
	files := []string{
		`.\npm.exe`, `.\evil.exe`, `.\only.cmd`, `bin\evil.exe`, `bin\tool.exe`, `\root\evil.exe`, `C:rel\evil.exe`,
		`C:\node\npm.cmd`, `C:\node\npm`, `C:\tools\evil.exe`, `C:\a;b\semi.exe`, `\\host\share\net.exe`, `D:/slash\fwd.exe`, `C:\tools\dotted.v2.exe`, `C:\tools\run.py`,
	}
	for _, c := range []struct{ path, exts, file, found, here string }{
		{`C:\node`, "", "npm", `C:\node\npm.cmd`, ""}, // neither the one here nor the file without an extension
		{`C:\node;C:\tools`, "", "evil", `C:\tools\evil.exe`, ""},
		{`.;bin;\root;C:rel;C:\tools`, "", "evil", `C:\tools\evil.exe`, ""},
		{`;;C:\tools\`, "", "evil.exe", `C:\tools\evil.exe`, ""},
		{`C:\node`, "", "evil", "", `.\evil.exe`},
		{`bin;C:\node`, "", "tool", "", `bin\tool.exe`},
		{"", "", "only", "", `.\only.cmd`},
		{"", ".EXE;.CMD", "only", "", `.\only.cmd`},
		{"", ".EXE", "only", "", ""},
		{"", "", `.\npm`, `.\npm.exe`, ""}, // it is named
		{"", "", `./evil.exe`, "", ""},
		{`C:\node`, "", `bin\tool`, `bin\tool.exe`, ""},
		{`C:\node`, "", `C:\node\npm`, `C:\node\npm.cmd`, ""},
		{`"C:\a;b";C:\node`, "", "semi", `C:\a;b\semi.exe`, ""},
		{`\\host\share`, "", "net", `\\host\share\net.exe`, ""},
		{`D:/slash`, "", "fwd", `D:/slash\fwd.exe`, ""},
		{`C:\tools`, "", "dotted.v2", `C:\tools\dotted.v2.exe`, ""},
		{`C:\tools`, "py;", "run", `C:\tools\run.py`, ""},
		{`C:\tools`, "", "missing", "", ""},
	} {
		p := pathext{c.path, c.exts, func(path string) bool { return slices.Contains(files, path) }}
		if found, here := p.find(c.file); found != c.found || here != c.here {
			t.Errorf("PATH=%s PATHEXT=%s %s: found %q and here %q, want %q and %q", c.path, c.exts, c.file, found, here, c.found, c.here)
		}
	}
}
