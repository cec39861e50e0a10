package inject

import "strings"

// pathext finds commands as Windows has them, with extensions; its rules are
// those of os/exec, without the registry and the file system of Windows, so that
// they are tested everywhere.
type pathext struct {
	path, exts string            // PATH and PATHEXT
	isFile     func(string) bool // false for a directory, too
}

// find looks up a command. A name without a folder is searched for in the absolute
// folders of PATH and nowhere else: the working directory is not searched, as a
// shell there would, since a file that somebody has put into it would win over
// PATH. Nor is a relative element of PATH. here says where such a file is, if
// nothing else was found; it must be named to be run.
func (p pathext) find(file string) (found, here string) {
	if strings.ContainsAny(file, `:\/`) {
		return p.withExt(file), ""
	}
	relative := []string{"."}
	for _, dir := range p.folders() {
		if !absolute(dir) {
			relative = append(relative, dir)
		} else if found := p.withExt(join(dir, file)); found != "" {
			return found, ""
		}
	}
	for _, dir := range relative {
		if here := p.withExt(join(dir, file)); here != "" {
			return "", here
		}
	}
	return "", ""
}

// folders are the elements of PATH. Quotes allow a semicolon in one, and empty
// elements mean nothing.
func (p pathext) folders() (all []string) {
	quoted, begin := false, 0
	add := func(text string) {
		if text = strings.ReplaceAll(text, `"`, ""); text != "" {
			all = append(all, text)
		}
	}
	for i, c := range p.path {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			add(p.path[begin:i])
			begin = i + 1
		}
	}
	add(p.path[begin:])
	return all
}

// withExt is the file itself if its name has an extension, else the first that is
// there with an extension of PATHEXT; "" is none.
func (p pathext) withExt(path string) string {
	if strings.LastIndexByte(path, '.') > strings.LastIndexAny(path, `:\/`) && p.isFile(path) {
		return path
	}
	exts := p.exts
	if exts == "" {
		exts = ".com;.exe;.bat;.cmd"
	}
	for ext := range strings.SplitSeq(strings.ToLower(exts), ";") {
		if ext == "" {
			continue
		}
		if candidate := path + "." + strings.TrimPrefix(ext, "."); p.isFile(candidate) {
			return candidate
		}
	}
	return ""
}

// absolute is neither \dir nor C:dir, which depend on where the process is.
func absolute(dir string) bool {
	slash := func(i int) bool { return len(dir) > i && (dir[i] == '\\' || dir[i] == '/') }
	return slash(0) && slash(1) || len(dir) > 1 && dir[1] == ':' && slash(2)
}

func join(dir, file string) string { return strings.TrimRight(dir, `\/`) + `\` + file }
