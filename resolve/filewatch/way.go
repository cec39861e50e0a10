package filewatch

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// step is one of the lookups that opening a file takes: of a name in a folder.
type step struct {
	folder string      // an absolute path without links
	in     os.FileInfo // of the folder
	path   string      // of the name in it
	info   os.FileInfo // of Lstat; nil: it does not exist, or cannot be seen
	final  bool        // the name of the file, not of a folder on the way to it
}

func (s step) isLink() bool { return s.info != nil && s.info.Mode().Type() == fs.ModeSymlink }

// lookups remembers what Lstat said of each path: the ways to several files have
// most of their folders in common.
type lookups map[string]os.FileInfo

func (l lookups) lstat(path string) os.FileInfo {
	info, known := l[path]
	if !known {
		var err error
		if info, err = os.Lstat(path); err != nil {
			info = nil
		}
		l[path] = info
	}
	return info
}

// maxLinks is the kernel's limit.
const maxLinks = 40

// way is every lookup that opening a path takes, in order, up to the file or to
// the first name that does not exist. Links are followed, and ".." taken, as the
// kernel does: from where the link before it led to.
func (l lookups) way(path string) (steps []step) {
	folder, rest := split(path)
	for links := 0; len(rest) > 0; {
		name := rest[0]
		if rest = rest[1:]; name == ".." {
			folder = filepath.Dir(folder)
			continue
		}
		s := step{folder: folder, in: l.lstat(folder), path: filepath.Join(folder, name), final: len(rest) == 0}
		s.info = l.lstat(s.path)
		steps = append(steps, s)
		switch {
		case s.info == nil:
			return steps
		case s.isLink():
			target, err := os.Readlink(s.path)
			if links++; err != nil || links > maxLinks {
				return steps
			}
			root, names := split(target)
			if root != "" {
				folder = root
			}
			rest = append(names, rest...)
		case s.final:
			return steps
		default:
			folder = s.path // if it is a file, nothing is found in it
		}
	}
	return steps
}

// split is the root of an absolute path, and the names in a path.
func split(path string) (root string, names []string) {
	volume := filepath.VolumeName(path)
	if filepath.IsAbs(path) {
		root = volume + string(filepath.Separator)
	}
	for name := range strings.FieldsFuncSeq(path[len(volume):], func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) }) {
		if name != "." {
			names = append(names, name)
		}
	}
	return root, names
}
