package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// limited has a limit of the kernel on its own user alone.
func limited(t *testing.T, name string, limit int) []string {
	t.Helper()
	script := "echo " + strconv.Itoa(limit) + ` >/proc/sys/user/` + name + ` && exec "$@"`
	launcher := []string{"unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"}
	if out, err := exec.Command(launcher[0], append(launcher[1:], "true")...).CombinedOutput(); err != nil {
		lacks(t, "unshare", "no limit of one's own is to be had: ", err, ": ", string(out))
	}
	return launcher
}

// blindness is what /status says of it.
func (p *watched) blindness() (mode, files string) {
	p.Helper()
	r := p.state().Refreshes
	for _, b := range r.BlindFiles {
		files += b.File + ": " + b.Reason + "\n"
	}
	return r.Watching, files
}

func (p *watched) wantBlind(mode, files string) {
	p.Helper()
	if gotMode, gotFiles := p.blindness(); gotMode != mode || gotFiles != files {
		p.Errorf("%s %q, want %s %q", gotMode, gotFiles, mode, files)
	}
}

const (
	noInstances = "all inotify instances of this user are in use; raise sysctl fs.inotify.max_user_instances"
	noWatches   = "all inotify watches of this user are in use; raise sysctl fs.inotify.max_user_watches"
)

func TestWatchWithoutTheKernel(t *testing.T) {
	t.Parallel()
	for limit, reason := range map[string]string{"max_inotify_instances": noInstances, "max_inotify_watches": noWatches} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			launcher := limited(t, limit, 0)
			folder := t.TempDir()
			put(t, filepath.Join(folder, "a.env"), "V=1\n")
			put(t, filepath.Join(folder, "b.env"), "W=1\n")
			p := watching("-f", "a.env", "-f", "b.env", "--status-listen", "unix:socket").before(launcher...).watch(t, folder, nil, says("$V $W")...)
			p.expect("started 1 1")
			p.said("squire: warning: changes of a.env and 1 more are checked for every 2s: " + reason + "\n")
			p.wantBlind("polling", "a.env: "+reason+"\nb.env: "+reason+"\n")
			p.put("b.env", "W=2\n")
			p.expect("started 1 2")
			p.end()
			if text := p.read("stderr"); strings.Count(text, "warning") != 1 {
				t.Errorf("more than one warning: %s", text)
			}
		})
	}
}

// TestWatchTheStoreWithoutTheKernel is of the file of the embedded store.
func TestWatchTheStoreWithoutTheKernel(t *testing.T) {
	t.Parallel()
	launcher := limited(t, "max_inotify_instances", 0)
	for poll, how := range map[string]string{"1m": "checked for every 2s", "0": "not noticed"} {
		h := &house{t: t, folder: t.TempDir()}
		h.call("secret", "create", "web", "V=1")
		p := watching("-s", "web", "--poll-interval", poll).before(launcher...).watch(t, h.folder, nil, says("$V")...)
		p.expect("started 1")
		p.said("squire: warning: changes of the store ")
		p.said(" are " + how + ": " + noInstances + "\n")
		if poll != "0" {
			h.call("secret", "update", "web", "V=2")
			p.expect("started 2")
		}
		p.end()
	}
}

// TestWatchRecovers gets an instance when there is one again.
func TestWatchRecovers(t *testing.T) {
	t.Parallel()
	launcher := limited(t, "max_inotify_instances", 0)
	folder := t.TempDir()
	put(t, filepath.Join(folder, "a.env"), "V=1\n")
	p := watching("-f", "a.env", "--poll-interval", "1s", "--status-listen", "unix:socket").before(launcher...).watch(t, folder, nil, says("$V")...)
	p.expect("started 1")
	p.said("squire: warning: changes of a.env are checked for every 1s: " + noInstances + "\n")
	sh(t, folder, "echo 9 >/proc/sys/user/max_inotify_instances", "nsenter", "--preserve-credentials", "--user", "--target", strconv.Itoa(p.cmd.Process.Pid))
	p.said("squire: warning: changes of all files are noticed at once again\n")
	p.wantBlind("events", "")
	p.put("a.env", "V=2\n")
	p.expect("started 2")
	p.end()
}

// TestWatchBlind: with --poll-interval 0 nothing is checked.
func TestWatchBlind(t *testing.T) {
	t.Parallel()
	launcher := limited(t, "max_inotify_instances", 0)
	folder := t.TempDir()
	put(t, filepath.Join(folder, "a.env"), "V=1\n")
	p := watching("-f", "a.env", "--poll-interval", "0", "--status-listen", "unix:socket").before(launcher...).watch(t, folder, nil, says("$V")...)
	p.expect("started 1")
	p.said("squire: warning: changes of a.env are not noticed, by --poll-interval 0: " + noInstances + "\n")
	p.wantBlind("blind", "a.env: "+noInstances+"\n")
	p.end()
}

// TestWatchAFolderThatMayNotBeRead: the first time that it cannot be watched, and
// the first that it can, are told.
func TestWatchAFolderThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	sh(t, folder, `mkdir a; echo V=1 >a/e`)
	w := watching("-f", "a/e", "--status-listen", "unix:socket")
	if os.Getuid() == 0 {
		w = w.before(mortal(t)...)
	}
	p := w.watch(t, folder, nil, says("$V")...)
	p.expect("started 1")
	p.said("a/e: 1 variable") // of the start,
	p.said("a/e: 1 variable") // and of the look after that
	p.wantBlind("events", "")
	for n := range 2 {
		sh(t, folder, `mkdir n; cp a/e n; chmod 311 n; mv a old; mv n a; rm -r old`)
		reason := filepath.Join(folder, "a") + " cannot be read"
		p.said("squire: warning: changes of a/e are checked for every 2s: " + reason + "\n")
		p.wantBlind("polling", "a/e: "+reason+"\n")
		sh(t, folder, `chmod 711 a`)
		p.said("squire: warning: changes of all files are noticed at once again\n")
		p.wantBlind("events", "")
		v := strconv.Itoa(n + 2)
		p.put("a/e", "V="+v+"\n")
		p.expect("started " + v)
	}
	p.end()
}

// TestWatchAFileSystemWithoutEvents uses one that every Linux has.
func TestWatchAFileSystemWithoutEvents(t *testing.T) {
	t.Parallel()
	const path = "/sys/class/net/lo/uevent"
	if _, err := os.Stat(path); err != nil {
		t.Skip("no sysfs: ", err)
	}
	folder := t.TempDir()
	put(t, filepath.Join(folder, "a.env"), "V=1\n")
	p := watching("-f", path, "-f", "a.env", "--status-listen", "unix:socket").watch(t, folder, nil, says("$INTERFACE $V")...)
	p.expect("started lo 1")
	p.said("squire: warning: changes of " + path + " are checked for every 2s: sysfs does not report all changes\n")
	p.wantBlind("polling", path+": sysfs does not report all changes\n")
	p.put("a.env", "V=2\n")
	p.expect("started lo 2")
	p.end()
}

// TestWatchAfterLostEvents: more happens than the kernel keeps for it.
func TestWatchAfterLostEvents(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put(t, filepath.Join(folder, "a.env"), "V=1\n")
	p := watching("-f", "a.env", "--poll-interval", "0", "--status-listen", "unix:socket").watch(t, folder, nil, says("$V")...)
	p.expect("started 1")
	for p.said("squire: info: started "); p.looks() == 0; { // the first look is under way
	}
	p.signal(syscall.SIGSTOP)
	one, other := filepath.Join(folder, "one"), filepath.Join(folder, "other")
	put(t, one, "")
	for range 10_000 { // two events each, and 16,384 are kept
		if err := os.Rename(one, other); err != nil {
			t.Fatal(err)
		}
		one, other = other, one
	}
	sh(t, folder, `mv a.env old; mkdir b; echo V=2 >b/a.env; ln -s b/a.env a.env`)
	p.signal(syscall.SIGCONT)
	begun := time.Now()
	p.expect("started 2")
	t.Logf("seen after %s", time.Since(begun).Round(time.Millisecond))
	sh(t, folder, `echo V=3 >t; mv t b/a.env`)
	begun = time.Now()
	p.expect("started 3")
	t.Logf("seen after %s", time.Since(begun).Round(time.Millisecond))
	p.wantBlind("events", "")
	p.end()
}

// TestWatchesTakeAnInstance, and the embedded store another one.
func TestWatchesTakeAnInstance(t *testing.T) {
	t.Parallel()
	h := &house{t: t, folder: t.TempDir()}
	h.call("secret", "create", "web", "W=1")
	for i := range 3 {
		put(t, filepath.Join(h.folder, strconv.Itoa(i)+".env"), "V=1\n")
	}
	files := []string{"-f", "0.env", "-f", "1.env", "-f", "2.env", "--status-listen", "unix:socket"}
	for want, flags := range map[int][]string{1: nil, 2: {"-s", "web"}} {
		p := watching(append(flags, files...)...).watch(t, h.folder, nil, says("it")...)
		p.expect("started it")
		for p.said("squire: info: started "); p.looks() == 0; { // the first look is under way
		}
		fds, err := filepath.Glob("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/fd/*")
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, fd := range fds {
			if to, _ := os.Readlink(fd); to == "anon_inode:inotify" {
				got++
			}
		}
		if got != want {
			t.Errorf("%d inotify instances, want %d", got, want)
		}
		p.end()
	}
}
