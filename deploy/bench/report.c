/* report: a command that tells the benchmark fleet that it runs, and then
 * waits for its end. It says who it is, what the secret was, and since when it
 * runs, by one datagram. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	const char *path = getenv("FLEET_SOCKET"), *id = getenv("FLEET_ID"), *marker = getenv("MARKER");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct timespec now;
	char text[256];
	int s, n;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!path || !id || !marker || strlen(path) >= sizeof to.sun_path)
		return 2;
	strcpy(to.sun_path, path);
	n = snprintf(text, sizeof text, "%s %s %lld", id, marker, now.tv_sec * 1000000000LL + now.tv_nsec);
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (s < 0 || sendto(s, text, n, 0, (struct sockaddr *)&to, sizeof to) != n)
		return 1;
	close(s);
	for (;;)
		pause();
}
