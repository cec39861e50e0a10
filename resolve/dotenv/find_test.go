package dotenv

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes empty files, and folders of what ends in a slash, in a folder whose path has no symbolic links.
func tree(t *testing.T, paths ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		full := filepath.Join(root, filepath.FromSlash(path))
		if strings.HasSuffix(path, "/") {
			err = os.MkdirAll(full, 0o755)
		} else if err = os.MkdirAll(filepath.Dir(full), 0o755); err == nil {
			err = os.WriteFile(full, nil, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFind(t *testing.T) {
	const name = ".squire-test.env" // so that nothing above the temporary folder answers to it
	root := tree(t, name, "a/b/c/file", "a/"+name, "d/"+name+"/", "d/e/", "f/config/"+name, "f/g/")
	for _, test := range []struct{ start, name, want string }{
		{"", name, name},
		{"a", name, "a/" + name},
		{"a/b/c", name, "a/" + name},
		{"a/b/c/file", name, "a/" + name},
		{"a/b/../../d/e/", name, name}, // a folder of that name is ignored
		{"f/g", filepath.Join("config", name), "f/config/" + name},
		{"a/" + name, name, "a/" + name},
	} {
		got, err := Find(filepath.Join(root, test.start), test.name)
		if want := filepath.Join(root, test.want); err != nil || got != want {
			t.Errorf("from %s: got %s, %v; want %s", test.start, got, err, want)
		}
	}

	t.Run("nothing", func(t *testing.T) {
		start := filepath.Join(root, "a", "b")
		_, err := Find(start, name+".absent")
		var missing *NotFoundError
		if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &missing) || missing.Start != start {
			t.Errorf("got %v", err)
		}
		if text := err.Error(); !strings.Contains(text, start) || !strings.Contains(text, name+".absent") {
			t.Errorf("it does not say what was searched for and where: %s", text)
		}
	})
	t.Run("no start", func(t *testing.T) {
		start := filepath.Join(root, "absent")
		_, err := Find(start, name)
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), start) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("relative", func(t *testing.T) {
		t.Chdir(filepath.Join(root, "a", "b"))
		for _, start := range []string{"", ".", "c"} {
			if got, err := Find(start, name); err != nil || got != filepath.Join(root, "a", name) {
				t.Errorf("from %q: got %s, %v", start, got, err)
			}
		}
		if got, err := Find("..", name); err != nil || got != filepath.Join(root, "a", name) {
			t.Errorf("from ..: got %s, %v", got, err)
		}
	})
}

// A link to a file is followed; the parent folders are those of the path as written, except for the working directory.
func TestFindThroughLinks(t *testing.T) {
	const name = ".squire-test.env"
	root := tree(t, name, "real/"+name, "real/in/", "other/target")
	for link, to := range map[string]string{"link": "real/in", "other/" + name: "other/target", "other/dangling": "absent"} {
		if err := os.Symlink(filepath.Join(root, to), filepath.Join(root, link)); err != nil {
			t.Skip(err)
		}
	}
	if got, err := Find(filepath.Join(root, "link"), name); err != nil || got != filepath.Join(root, name) {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := Find(filepath.Join(root, "other"), name); err != nil || got != filepath.Join(root, "other", name) {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := Find(filepath.Join(root, "other", "dangling"), name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a dangling start: %v", err)
	}
	t.Chdir(filepath.Join(root, "link")) // sets PWD, which is not used
	if got, err := Find("", name); err != nil || got != filepath.Join(root, "real", name) {
		t.Errorf("got %s, %v", got, err)
	}
}
