package filewatch

import (
	"io/fs"
	"os"
)

// need is what has to be watched at a path.
type need struct {
	path   string
	info   os.FileInfo // nil: it is gone
	itself bool        // and not what is in it
	ways   []int       // for which
}

// needsOf is what has to be watched for all ways: the folder of each name that
// may get another meaning, and each folder that may be moved away or become
// readable. The root and the folders that everybody may write to, such as /tmp,
// are busy, and stay where they are.
func needsOf(ways [][]step) (list []*need) {
	at := map[string]*need{}
	add := func(path string, info os.FileInfo, itself bool, way int) {
		n := at[path]
		if n == nil {
			n = &need{path: path, info: info, itself: true}
			at[path] = n
			list = append(list, n)
		}
		n.itself = n.itself && itself
		n.ways = append(n.ways, way)
	}
	for i, steps := range ways {
		for _, s := range steps {
			switch {
			case s.final, watchesWays && (s.info == nil || s.isLink()):
				add(s.folder, s.in, false, i)
				if watchesWays && s.info != nil && s.info.Mode().IsRegular() {
					add(s.path, s.info, true, i) // it may be written to by another name
				}
			case watchesWays && s.info.Mode()&fs.ModeSticky == 0:
				add(s.path, s.info, true, i)
			}
		}
	}
	return list
}
