// signal ROUNDS LABEL WRAPPER... --- WRAPPER...: how long a signal takes
// through the first wrapper, over the second. Each wrapper runs this program
// as its child, which waits for USR1 and writes when it had it; the driver
// sends USR1 to the wrapper. Both run at once, and a round is one signal
// through each, with a pause before, so that the wrapper is at rest as it
// would be in earnest.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
	perror(what);
	exit(1);
}

// child writes once that it is ready, and then the time of each USR1.
static int child(int to) {
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL); // tini leaves it behind when it is killed
	for (;;) {
		int64_t at = now();
		if (write(to, &at, sizeof at) != sizeof at) return 1;
		if (sigwaitinfo(&set, NULL) != SIGUSR1) return 1;
	}
}

struct wrapper {
	pid_t pid;
	int from;
};

static int64_t received(struct wrapper *w) {
	int64_t at;
	if (read(w->from, &at, sizeof at) != sizeof at) {
		fprintf(stderr, "the child is gone\n");
		exit(1);
	}
	return at;
}

static struct wrapper start(char **argv, int n, char *self) {
	int p[2];
	char fd[16], **all = calloc(n + 4, sizeof *all);
	if (pipe(p)) fail("pipe");
	snprintf(fd, sizeof fd, "%d", p[1]);
	memcpy(all, argv, n * sizeof *all);
	all[n] = self, all[n + 1] = "--child", all[n + 2] = fd;
	struct wrapper w = {fork(), p[0]};
	if (w.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		close(p[0]);
		execvp(all[0], all);
		fail(all[0]);
	}
	close(p[1]);
	received(&w);
	return w;
}

static int64_t once(struct wrapper *w) {
	nanosleep(&(struct timespec){0, 1000000}, NULL);
	int64_t sent = now();
	if (kill(w->pid, SIGUSR1)) fail("kill");
	return received(w) - sent;
}

static int order(const void *a, const void *b) {
	int64_t d = *(int64_t *)a - *(int64_t *)b;
	return d < 0 ? -1 : d > 0;
}

int main(int argc, char **argv) {
	if (argc == 3 && !strcmp(argv[1], "--child")) return child(atoi(argv[2]));
	if (argc < 6) return 2;
	int rounds = atoi(argv[1]), split = 3;
	while (split < argc && strcmp(argv[split], "---")) split++;
	if (split >= argc - 1 || rounds < 1) return 2;
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (n < 0) fail("readlink");
	self[n] = 0;
	struct wrapper a = start(argv + 3, split - 3, self), b = start(argv + split + 1, argc - split - 1, self);
	int64_t *x = calloc(rounds, sizeof *x), *y = calloc(rounds, sizeof *y);
	for (int i = -20; i < rounds; i++) { // the first ones warm up
		int64_t first, second;
		if (i & 1) first = once(&a), second = once(&b);
		else second = once(&b), first = once(&a);
		if (i >= 0) x[i] = first, y[i] = second;
	}
	kill(a.pid, SIGTERM);
	kill(b.pid, SIGTERM);
	while (wait(NULL) > 0) {}
	qsort(x, rounds, sizeof *x, order);
	qsort(y, rounds, sizeof *y, order);
	printf("%-58s %5.2f x   %.0f us (other %.0f)\n", argv[2], (double)x[rounds / 2] / y[rounds / 2], x[rounds / 2] / 1e3, y[rounds / 2] / 1e3);
	return 0;
}
