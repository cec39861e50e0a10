// orphans N LABEL: makes N orphans, which all end at once, and waits until
// process 1 has reaped every one. It is for a process namespace of its own,
// as the command of what is process 1 there.
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

// orphaned counts the children of process 1 beside us, zombies included.
static int orphaned(void) {
	int count = 0;
	DIR *proc = opendir("/proc");
	struct dirent *e;
	while (proc && (e = readdir(proc))) {
		if (!isdigit((unsigned char)e->d_name[0]) || atoi(e->d_name) == getpid()) continue;
		char path[64], line[512];
		snprintf(path, sizeof path, "/proc/%d/stat", atoi(e->d_name));
		FILE *f = fopen(path, "r");
		if (!f) continue; // reaped meanwhile
		int parent = 0;
		char *after = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
		if (after && sscanf(after, ") %*c %d", &parent) == 1 && parent == 1) count++;
		fclose(f);
	}
	if (proc) closedir(proc);
	return count;
}

int main(int argc, char **argv) {
	if (argc != 3 || atoi(argv[1]) < 1) return 2;
	int n = atoi(argv[1]), p[2];
	if (getppid() != 1 || pipe(p)) {
		fprintf(stderr, "orphans: not the child of process 1\n");
		return 1;
	}
	for (int i = 0; i < n; i++) {
		pid_t between = fork();
		if (between == 0) {
			pid_t orphan = fork();
			if (orphan != 0) _exit(orphan < 0);
			char c;
			close(p[1]);
			_exit(read(p[0], &c, 1) != 0); // until all are let go
		}
		int status;
		if (between < 0 || waitpid(between, &status, 0) != between || status != 0) {
			fprintf(stderr, "orphans: cannot fork\n");
			return 1;
		}
	}
	int left = orphaned();
	if (left != n) {
		fprintf(stderr, "orphans: process 1 has %d of %d\n", left, n);
		return 1;
	}
	double start = now();
	close(p[1]);
	while ((left = orphaned()) > 0 && now() - start < 10000) nanosleep(&(struct timespec){0, 1000000}, NULL);
	printf("%-58s %d of %d in %.0f ms\n", argv[2], n - left, n, now() - start);
	return left != 0;
}
