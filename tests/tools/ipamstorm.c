/* SPDX-License-Identifier: Apache-2.0 */
/* Many runtimes at once on one network of podtap-ipam, some of whose calls are killed at a random
 * instant. Each allocates, checks and releases. No address may have two holders, no call may
 * fail, and after a killed call the runtime repeats DEL until it succeeds.
 *
 *   ipamstorm PLUGIN DATADIR PROCESSES OPERATIONS KILLS-PER-THOUSAND
 *
 * An operation is one call. The network is "storm", its range 10.0.0.0/25 with 125 addresses. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ADDRESSES = 128, ANSWER_MAX = 4096 };

struct shared {
	_Atomic unsigned owner[ADDRESSES]; /* 0: nobody; else the runtime's number + 1 */
	_Atomic long operations;           /* left to do */
	_Atomic unsigned killed;
	_Atomic unsigned exhausted;
};

struct runtime {
	const char *plugin, *data_dir;
	struct shared *shared;
	unsigned number;
	unsigned kills; /* per thousand calls */
	unsigned containers;
	uint64_t random;
	char answer[ANSWER_MAX];
};

enum outcome { SUCCEEDED, FAILED, KILLED };

static unsigned draw(struct runtime *r, unsigned below)
{
	r->random = r->random * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(r->random >> 33) % below;
}

static _Noreturn void complain(const struct runtime *r, const char *what)
{
	printf("runtime %u, container %u: %s: %s\n", r->number, r->containers, what, r->answer);
	fflush(stdout);
	_exit(1);
}

static int stdin_make(const struct runtime *r, const char *previous)
{
	char text[2 * ANSWER_MAX];
	const int fd = memfd_create("stdin", MFD_CLOEXEC);
	const int length = snprintf(
	        text, sizeof text,
	        "{\"cniVersion\":\"1.0.0\",\"name\":\"storm\",\"type\":\"x\",\"ipam\":{\"type\":"
	        "\"podtap-ipam\",\"dataDir\":\"%s\",\"subnet\":\"10.0.0.0/25\"}%s%s}",
	        r->data_dir, *previous ? ",\"prevResult\":" : "", previous);

	if (fd < 0 || write(fd, text, (size_t)length) != length || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	return fd;
}

static pid_t start(const struct runtime *r, const char *command, int in, int out)
{
	char verb[32], container[64];
	char *argv[] = { (char *)(uintptr_t)r->plugin, NULL };
	char *environment[] = { verb,
		                container,
		                (char[]){ "CNI_NETNS=/none" },
		                (char[]){ "CNI_IFNAME=eth0" },
		                (char[]){ "CNI_PATH=/none" },
		                getenv("PODTAP_IPAM_STATE_DIR") - strlen("PODTAP_IPAM_STATE_DIR="),
		                NULL };
	posix_spawn_file_actions_t files;
	pid_t pid;

	snprintf(verb, sizeof verb, "CNI_COMMAND=%s", command);
	snprintf(container, sizeof container, "CNI_CONTAINERID=r%u-%u", r->number, r->containers);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	if (posix_spawn(&pid, r->plugin, &files, NULL, argv, environment) != 0)
		abort();
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

/* One call; some are killed up to thirty milliseconds after they began. */
static enum outcome call(struct runtime *r, const char *command, const char *previous)
{
	const bool kill_it = draw(r, 1000) < r->kills;
	const struct timespec delay = { 0, draw(r, 30000) * 1000L };
	int ends[2], status;
	size_t length = 0;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0)
		abort();
	const int in = stdin_make(r, previous);
	const pid_t pid = start(r, command, in, ends[1]);
	close(ends[1]);
	close(in);
	if (kill_it) {
		nanosleep(&delay, NULL);
		kill(pid, SIGKILL);
	}
	while ((n = read(ends[0], r->answer + length, sizeof r->answer - 1 - length)) > 0)
		length += (size_t)n;
	close(ends[0]);
	r->answer[length] = '\0';
	if (waitpid(pid, &status, 0) != pid)
		abort();
	atomic_fetch_sub(&r->shared->operations, 1);
	if (WIFSIGNALED(status)) {
		atomic_fetch_add(&r->shared->killed, 1);
		return WTERMSIG(status) == SIGKILL && kill_it ? KILLED : FAILED;
	}
	return WEXITSTATUS(status) == 0 ? SUCCEEDED : FAILED;
}

/* Returns the last byte of the address that an ADD gave. */
static unsigned given(const struct runtime *r)
{
	static const char key[] = "\"address\":\"10.0.0.";
	const char *at = strstr(r->answer, key);
	const unsigned long last = at ? strtoul(at + sizeof key - 1, NULL, 10) : 0;

	if (last < 2 || last > 126)
		complain(r, "ADD gave no address of the range");
	return (unsigned)last;
}

static void release(struct runtime *r, const char *previous)
{
	enum outcome outcome;

	while ((outcome = call(r, "DEL", previous)) == KILLED)
		;
	if (outcome != SUCCEEDED)
		complain(r, "DEL failed");
}

static void live(struct runtime *r)
{
	char result[ANSWER_MAX];
	unsigned nobody = 0;

	r->containers++;
	const enum outcome outcome = call(r, "ADD", "");
	if (outcome == FAILED && strstr(r->answer, "no IP addresses available"))
		atomic_fetch_add(&r->shared->exhausted, 1);
	else if (outcome == FAILED)
		complain(r, "ADD failed");
	if (outcome != SUCCEEDED) {
		release(r, "");
		return;
	}
	const unsigned at = given(r);
	if (!atomic_compare_exchange_strong(&r->shared->owner[at], &nobody, r->number + 1))
		complain(r, "ADD gave what somebody has");
	memcpy(result, r->answer, sizeof result);
	if (call(r, "CHECK", result) == FAILED)
		complain(r, "CHECK failed");
	atomic_store(&r->shared->owner[at], 0);
	release(r, draw(r, 2) ? result : "");
}

int main(int argc, char **argv)
{
	if (argc != 6 || !getenv("PODTAP_IPAM_STATE_DIR")) {
		fprintf(stderr, "usage: %s PLUGIN DATADIR PROCESSES OPERATIONS KILLS\n", argv[0]);
		return 2;
	}
	const unsigned processes = (unsigned)strtoul(argv[3], NULL, 10);
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
	                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int failed = 0, status;

	if (shared == MAP_FAILED)
		return 1;
	atomic_store(&shared->operations, strtol(argv[4], NULL, 10));
	for (unsigned i = 0; i < processes; i++) {
		static struct runtime r;
		r = (struct runtime){ .plugin = argv[1], .data_dir = argv[2], .shared = shared };
		r.number = i;
		r.kills = (unsigned)strtoul(argv[5], NULL, 10);
		r.random = i + 1;
		if (fork() == 0) {
			while (atomic_load(&shared->operations) > 0)
				live(&r);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= status;
	printf("%u calls killed, %u times exhausted\n", atomic_load(&shared->killed),
	       atomic_load(&shared->exhausted));
	return failed != 0;
}
