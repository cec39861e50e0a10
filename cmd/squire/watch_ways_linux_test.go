package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A way is how a file may come to say something else than V=1, without being
// named in the command line by another path.
type way struct {
	about string
	path  string // of the file, from the folder
	// before makes the file, with V=1; the last of change makes it say V=2, and
	// each of them makes squire look. All are scripts of sh -e, in the folder.
	before string
	change []string
}

// ways are those that the kernel tells of.
var ways = []way{
	{"a link above is repointed", "cur/e",
		`mkdir r1 r2; echo V=1 >r1/e; echo V=2 >r2/e; ln -s r1 cur`, []string{`ln -s r2 t; mv -T t cur`}},
	{"a link above is removed, and made later", "cur/e",
		`mkdir r1 r2; echo V=1 >r1/e; echo V=2 >r2/e; ln -s r1 cur`, []string{`rm cur`, `ln -s r2 cur`}},
	{"a link two folders above is repointed", "a/cur/b/c/e",
		`mkdir -p a r1/b/c r2/b/c; echo V=1 >r1/b/c/e; echo V=2 >r2/b/c/e; ln -s ../r1 a/cur`, []string{`ln -s ../r2 t; mv -T t a/cur`}},
	{"a link in the middle of a chain is repointed", "one/e",
		`mkdir r1 r2 x; echo V=1 >r1/e; echo V=2 >r2/e; ln -s "$PWD/r1" x/three; ln -s x/three two; ln -s two one`, []string{`ln -s "$PWD/r2" t; mv -T t x/three`}},
	{"a link that leads to a link in a folder that is repointed", "e",
		`mkdir d r1 r2; echo V=1 >r1/e; echo V=2 >r2/e; ln -s ../r1 d/cur; ln -s d/cur/e e`, []string{`ln -s ../r2 t; mv -T t d/cur`}},
	{"behind a link, in place", "e",
		`mkdir -p a/b; echo V=1 >a/b/real; ln -s a/b/real e`, []string{`echo V=2 >a/b/real`}},
	{"behind a link, replaced", "e",
		`mkdir -p a/b; echo V=1 >a/b/real; ln -s a/b/real e`, []string{`echo V=2 >t; mv t a/b/real`}},
	{"behind a link, in a folder that is replaced", "e",
		`mkdir -p a/b n/b; echo V=1 >a/b/real; echo V=2 >n/b/real; ln -s a/b/real e`, []string{`mv a old; mv n a`}},
	{"behind a link to nowhere", "e",
		`mkdir a; echo V=1 >e`, []string{`ln -s a/b/real t; mv -T t e`, `mkdir a/b`, `echo V=2 >a/b/real`}},
	{"a link to itself, and then a file", "e",
		`echo V=1 >e`, []string{`rm e; ln -s e e`, `rm e; echo V=2 >e`}},
	{"two links to each other, and then not", "a/e",
		`mkdir r; echo V=1 >r/e; ln -s r a`, []string{`ln -s b t; mv -T t a; ln -s a b`, `mkdir n; echo V=2 >n/e; rm b`, `ln -s n b`}},
	{"a path with .. after a link", "cur/../e",
		`mkdir -p x/r1 y/r2; echo V=1 >x/e; echo V=2 >y/e; echo V=0 >e; ln -s x/r1 cur`, []string{`echo V=2 >x/e`}},
	{"a path with .. after a link that is repointed", "cur/../e",
		`mkdir -p x/r1 y/r2; echo V=1 >x/e; echo V=2 >y/e; ln -s x/r1 cur`, []string{`ln -s y/r2 t; mv -T t cur`}},
	{"a link with .. in it", "a/e",
		`mkdir -p a b/c; ln -s b/c l; echo V=1 >b/e; ln -s ../l/../e a/e`, []string{`echo V=2 >t; mv t b/e`}},
	{"the folder replaced", "a/e",
		`mkdir a n; echo V=1 >a/e; echo V=2 >n/e`, []string{`mv a old; mv n a`}},
	{"the folder exchanged", "a/e",
		`mkdir a n; echo V=1 >a/e; echo V=2 >n/e`, []string{`mv --exchange a n 2>/dev/null || { mv a old; mv n a; }`}},
	{"a folder far above replaced", "a/b/c/d/e",
		`mkdir -p a/b/c/d n/b/c/d; echo V=1 >a/b/c/d/e; echo V=2 >n/b/c/d/e`, []string{`mv a old; mv n a`}},
	{"a folder in between replaced", "a/b/c/d/e",
		`mkdir -p a/b/c/d n/c/d; echo V=1 >a/b/c/d/e; echo V=2 >n/c/d/e`, []string{`mv a/b old; mv n a/b`}},
	{"a folder above becomes a link", "a/b/e",
		`mkdir -p a/b n/b; echo V=1 >a/b/e; echo V=2 >n/b/e`, []string{`mv a old; ln -s n a`}},
	{"all folders removed, and made one by one", "a/b/c/e",
		`mkdir -p a/b/c; echo V=1 >a/b/c/e`, []string{`rm -r a`, `mkdir a`, `mkdir a/b`, `mkdir a/b/c`, `echo V=2 >a/b/c/e`}},
	{"all folders removed, and made at once", "a/b/c/e",
		`mkdir -p a/b/c; echo V=1 >a/b/c/e`, []string{`rm -r a; mkdir -p a/b/c; echo V=2 >a/b/c/e`}},
	{"a folder made again, and then a file in it", "a/e",
		`mkdir a; echo V=1 >a/e`, []string{`rm -r a; mkdir a`, `echo V=2 >a/e`}},
	{"by another name of the same file", "e",
		`mkdir a; echo V=1 >e; ln e a/other`, []string{`echo V=2 >a/other`}},
	{"by another name, after it was replaced", "e",
		`mkdir a; echo V=1 >e`, []string{`echo V=1 >t; mv t e; ln e a/other`, `echo V=2 >a/other`}},
	{"two mounts of Kubernetes, one behind the other", "e",
		`mkdir -p m/..1 m/..2 s/..1 s/..2; ln -s ..1 m/..data; ln -s ..data/e m/e; ln -s ..1 s/..data; ln -s ..data/f s/f
		echo V=1 >s/..1/f; echo V=2 >s/..2/f; ln -s ../../s/f m/..1/e; ln -s ../../s/f m/..2/e; ln -s m/e e`,
		[]string{`ln -s ..2 m/..data_tmp; mv -T m/..data_tmp m/..data; rm -r m/..1`, `ln -s ..2 s/..data_tmp; mv -T s/..data_tmp s/..data; rm -r s/..1`}},
}

func sh(t *testing.T, folder, script string, under ...string) {
	t.Helper()
	argv := append(under, "sh", "-ec", script)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
}

// follows waits until the command has V=2, by events alone.
func (w way) follows(t *testing.T, as wrapper, under func(*watched) []string) {
	folder := t.TempDir()
	sh(t, folder, w.before)
	p := as.watch(t, folder, nil, says("$V")...)
	p.expect("started 1")
	for p.said("squire: info: started "); p.looks() == 0; { // the first look is under way
	}
	for _, step := range w.change[:len(w.change)-1] {
		was := p.looks()
		sh(t, folder, step, under(p)...)
		for pace := time.NewTicker(5 * time.Millisecond); p.looks() == was; <-pace.C {
		}
	}
	sh(t, folder, w.change[len(w.change)-1], under(p)...)
	changed := time.Now()
	for p.next() != "started 2" { // a file that is written in place is empty in between
	}
	t.Logf("seen after %s", time.Since(changed).Round(time.Millisecond))
	p.end()
}

// looks is how often it has read its sources again.
func (p *watched) looks() int {
	p.Helper()
	s := p.state()
	return s.Refreshes.Succeeded + s.Refreshes.Failed
}

// TestWatchTheWay: no poll helps.
func TestWatchTheWay(t *testing.T) {
	t.Parallel()
	for _, w := range ways {
		t.Run(strings.ReplaceAll(w.about, " ", "_"), func(t *testing.T) {
			w.follows(t, watching("--poll-interval", "0", "--status-listen", "unix:socket", "-f", w.path), func(*watched) []string { return nil })
		})
	}
}

// TestWatchWhatIsFound is of files that are searched for, or need not exist.
func TestWatchWhatIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		way
		flags  []string
		before []string // a launcher
	}{
		{way{"a nearer .env", "", `mkdir -p a/b/c; echo V=1 >.env`, []string{`echo V=2 >a/b/.env`}}, []string{"--dotenv=a/b/c"}, nil},
		{way{"a nearer .env behind a link", "", `mkdir -p a/b/c; ln -s b/c a/l; echo V=1 >.env`, []string{`echo V=2 >a/b/c/.env`}}, []string{"--dotenv=a/l"}, nil},
		{way{"a .env that was a folder", "", `mkdir -p a/.env; echo V=1 >.env`, []string{`rmdir a/.env; echo V=2 >a/.env`}}, []string{"--dotenv=a"}, nil},
		{way{"a .env that is gone, so that one above counts", "", `mkdir a; echo V=2 >.env; echo V=1 >a/.env`, []string{`rm a/.env`}}, []string{"--dotenv=a"}, nil},
		{way{"an optional file in folders that are not there", "", `true`, []string{`mkdir a`, `mkdir a/b`, `echo V=2 >a/b/e`}}, []string{"-e", "V=1", "--env-file-if-exists", "a/b/e"}, nil},
		{way{"an optional file behind a link to nowhere", "", `ln -s r1 cur`, []string{`mkdir r2; echo V=2 >r2/e; ln -s r2 t; mv -T t cur`}}, []string{"-e", "V=1", "--env-file-if-exists", "cur/e"}, nil},
		{way{"squire.yaml behind a link", "", `mkdir r1 r2; echo 'secrets: [{dict: {V: "1"}}]' >r1/s; echo 'secrets: [{dict: {V: "2"}}]' >r2/s; ln -s r1 cur`,
			[]string{`ln -s r2 t; mv -T t cur`}}, []string{"--config", "cur/s"}, nil},
		{way{"a file as standard input", "", `echo V=1 >e`, []string{`echo V=2 >e`}}, []string{"-f", "/dev/stdin"}, []string{"sh", "-c", `exec "$@" <e`, "sh"}},
		{way{"by the folder of a process", "", `echo V=1 >e`, []string{`echo V=2 >t; mv t e`}}, []string{"-f", "/proc/self/cwd/e"}, nil},
		{way{"the working directory is moved", "", `mkdir -p a/w; echo V=1 >a/w/e`, []string{`mv a b`, `mv b/w x`, `echo V=2 >t; mv t x/e`}},
			[]string{"-f", "e", "--status-listen", "unix:../../socket"}, []string{"sh", "-c", `cd a/w && exec "$@"`, "sh"}},
	} {
		t.Run(strings.ReplaceAll(c.about, " ", "_"), func(t *testing.T) {
			flags := append([]string{"--poll-interval", "0", "--status-listen", "unix:socket"}, c.flags...)
			c.follows(t, watching(flags...).before(c.before...), func(*watched) []string { return nil })
		})
	}
}

// TestWatchMounts: of mounts inotify says nothing.
func TestWatchMounts(t *testing.T) {
	t.Parallel()
	launcher := []string{"unshare", "--user", "--map-root-user", "--mount"}
	if err := exec.Command(launcher[0], append(launcher[1:], "mount", "-t", "tmpfs", "none", "/mnt")...).Run(); err != nil {
		lacks(t, "unshare", "no mounts of one's own are to be had: ", err)
	}
	for _, w := range []way{
		{"over the file", "e", `echo V=1 >e; echo V=2 >other`, []string{`mount --bind other e`}},
		{"over the folder", "a/e", `mkdir a b; echo V=1 >a/e; echo V=2 >b/e`, []string{`mount --bind b a`}},
		{"over a folder above", "a/b/c/e", `mkdir -p a/b/c n/b/c; echo V=1 >a/b/c/e; echo V=2 >n/b/c/e`, []string{`mount --bind n a`}},
		{"over a folder behind a link", "e", `mkdir a b; echo V=1 >a/e; echo V=2 >b/e; ln -s a/e e`, []string{`mount --bind b a`}},
		{"an empty one, and then a file", "a/e", `mkdir a; echo V=1 >a/e`, []string{`mount -t tmpfs none a`, `echo V=2 >a/e`}},
		{"an empty one, and then a folder and a file", "a/b/e", `mkdir -p a/b; echo V=1 >a/b/e`, []string{`mount -t tmpfs none a`, `mkdir a/b; echo V=2 >a/b/e`}},
		{"on and off", "a/e", `mkdir a b; echo V=1 >a/e; echo V=1 >b/e`, []string{`mount --bind b a`, `echo V=3 >b/x; umount a`, `echo V=2 >a/e`}},
		{"off and on, the same", "a/e", `mkdir a b; echo V=1 >a/e; echo V=1 >b/e`, []string{`mount --bind b a`, `umount a; mount --bind b a; echo V=2 >b/e`}},
		{"by the file that is mounted", "e", `echo V=1 >e; mkdir s; echo V=1 >s/source`, []string{`mount --bind s/source e`, `echo V=2 >s/source`}},
		{"one folder by two paths", "e", `mkdir a b; echo V=1 >b/e; ln -s ../b/e a/x; ln -s a/x e`, []string{`cp b/e a/e; mount --bind a b`, `echo V=2 >t; mv t a/e`}},
		{"an overlay, and a copy up", "o/e", `mkdir low up work o; echo V=1 >low/e; echo V=1 >o/e`,
			[]string{`mount -t overlay none o -o userxattr,lowerdir=low,upperdir=up,workdir=work`, `echo V=2 >o/e`}},
	} {
		t.Run(strings.ReplaceAll(w.about, " ", "_"), func(t *testing.T) {
			inside := func(p *watched) []string {
				return []string{"nsenter", "--preserve-credentials", "--user", "--mount", "--wdns=" + p.folder, "--target", strconv.Itoa(p.cmd.Process.Pid)}
			}
			w.follows(t, watching("--poll-interval", "0", "--status-listen", "unix:socket", "-f", w.path).before(launcher...), inside)
		})
	}
}

// TestWatchWhatMayNotBeRead: a folder above that becomes readable again.
func TestWatchWhatMayNotBeRead(t *testing.T) {
	t.Parallel()
	for _, w := range []way{
		{"the folder", "a/e", `mkdir -p a; echo V=1 >a/e`, []string{`chmod 0 a`, `echo V=2 >a/e; chmod 700 a`}},
		{"a folder above", "a/b/c/e", `mkdir -p a/b/c; echo V=1 >a/b/c/e`, []string{`chmod 0 a`, `echo V=2 >a/b/c/e; chmod 700 a`}},
		{"the file", "e", `echo V=1 >e`, []string{`chmod 0 e`, `echo V=2 >e; chmod 600 e`}},
		{"a folder that is only passed through, and moved", "a/b/e", `mkdir -p a/b n/b; echo V=1 >a/b/e; echo V=2 >n/b/e; chmod 711 a`, []string{`mv a old; mv n a`}},
		{"the file's folder is only passed through", "a/e", `mkdir a; echo V=1 >a/e; chmod 311 a`, []string{`echo V=2 >a/t; mv a/t a/e`}},
	} {
		t.Run(strings.ReplaceAll(w.about, " ", "_"), func(t *testing.T) {
			as := watching("--poll-interval", "0", "--status-listen", "unix:socket", "-f", w.path)
			if os.Getuid() == 0 {
				as = as.before(mortal(t)...)
			}
			w.follows(t, as, func(*watched) []string { return nil })
		})
	}
}
