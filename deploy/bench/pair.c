// pair PAIRS LABEL COMMAND... --- COMMAND...: runs the two commands in turn,
// PAIRS times, and prints the medians' ratio (first over second) and the first
// one's peak memory. Ratios of medians of interleaved runs hold on a machine
// that is busy with other things; times do not, so none is printed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>
#include <time.h>
#include <sys/resource.h>
#include <sys/wait.h>

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double once(char **argv, long *kib) {
	struct rusage r;
	int status;
	double start = now();
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &r) < 0 || status != 0) {
		fprintf(stderr, "%s failed: status %d\n", argv[0], status);
		exit(1);
	}
	if (r.ru_maxrss > *kib) *kib = r.ru_maxrss;
	return now() - start;
}

static int order(const void *a, const void *b) {
	double d = *(double *)a - *(double *)b;
	return d < 0 ? -1 : d > 0;
}

int main(int argc, char **argv) {
	if (argc < 6) return 2;
	int pairs = atoi(argv[1]), split = 3;
	while (split < argc && strcmp(argv[split], "---")) split++;
	if (split >= argc - 1 || pairs < 1) return 2;
	argv[split] = NULL;
	double *a = calloc(pairs, sizeof *a), *b = calloc(pairs, sizeof *b);
	long ka = 0, kb = 0;
	for (int i = -3; i < pairs; i++) { // the first three warm the caches
		double x, y;
		if (i & 1) { x = once(argv + 3, &ka); y = once(argv + split + 1, &kb); }
		else { y = once(argv + split + 1, &kb); x = once(argv + 3, &ka); }
		if (i >= 0) { a[i] = x; b[i] = y; }
	}
	qsort(a, pairs, sizeof *a, order);
	qsort(b, pairs, sizeof *b, order);
	printf("%-58s %5.2f x   peak %4.1f MiB (other %.1f)\n", argv[2], a[pairs / 2] / b[pairs / 2], ka / 1024.0, kb / 1024.0);
	return 0;
}
