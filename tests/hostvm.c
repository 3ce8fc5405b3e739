/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every process holds the far ends of all slots, so that a child made by fork() can serve one that
 * was ready all the time; the test holds the near ends. When the test is gone each process reads
 * the end of its slot and exits.
 */
#include "hostvm.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* kernels that do not know it take it for a hint */
#endif

/* The test speaks in the numbers of i386, and no wonder: they are everybody's. */
_Static_assert(PROT_EXEC == 4 && MAP_PRIVATE == 2 && MAP_FIXED == 0x10 && MAP_LOCKED == 0x2000 &&
	       MAP_ANONYMOUS == 0x20 && MREMAP_FIXED == 2 && MADV_DONTNEED == 4,
	       "mmap's flags have numbers of their own here");

#define PAGE 4096ull
#define HEAP_BYTES (64 * PAGE)
#define NO_SANITIZER __attribute__((no_sanitize("address", "undefined")))

static int near_end[HOST_SLOTS], far_end[HOST_SLOTS];
static cpu_set_t cpus; /* that the test may use; none: it was not pinned */
static int file = -1;

/* -- in the process --------------------------------------------------------------------------- */

static sigjmp_buf trap;
static volatile sig_atomic_t armed, caught;
static void *volatile caught_at;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (!armed)
		_exit(99);
	caught = signal;
	caught_at = info->si_addr;
	siglongjmp(trap, 1);
}

static void catch_signals(void)
{
	struct sigaction act = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	signal(SIGCHLD, SIG_IGN); /* no zombies */
	signal(SIGPIPE, SIG_IGN);
}

NO_SANITIZER static u32 load(u64 at)
{
	return *(volatile u32 *)at;
}

NO_SANITIZER static void store(u64 at, u32 word)
{
	*(volatile u32 *)at = word;
}

static struct host_reply access_word(const struct host_call *call)
{
	static struct host_reply reply; /* sigsetjmp may forget locals */

	reply = (struct host_reply){ 0 };
	armed = 1;
	if (sigsetjmp(trap, 0)) {
		reply.error = -caught;
		reply.address = (u64)caught_at;
	} else if (call->kind == HOST_LOAD) {
		reply.ret = load(call->arg[0]);
	} else {
		store(call->arg[0], (u32)call->arg[1]);
	}
	armed = 0;
	return reply;
}

/* Straight to the kernel: the C library has its own thoughts about brk and mremap. */
static struct host_reply system_call(const struct host_call *call)
{
	static const long numbers[] = {
		[HOST_MMAP] = SYS_mmap, [HOST_MUNMAP] = SYS_munmap,
		[HOST_MPROTECT] = SYS_mprotect, [HOST_MREMAP] = SYS_mremap,
		[HOST_MADVISE] = SYS_madvise, [HOST_MLOCK] = SYS_mlock,
		[HOST_MUNLOCK] = SYS_munlock, [HOST_BRK] = SYS_brk,
	};
	struct host_reply reply = { 0 };
	u64 arg[6];

	memcpy(arg, call->arg, sizeof(arg));
	if (call->kind == HOST_MMAP) {
		arg[3] |= arg[4] ? 0 : MAP_ANONYMOUS;
		arg[4] = arg[4] == 1 ? (u64)file : (u64)-1;
	}
	reply.ret = syscall(numbers[call->kind], arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (reply.ret == -1) {
		reply.error = errno;
		reply.ret = 0;
	}
	return reply;
}

static u64 hex(const char **s)
{
	u64 n = 0;

	for (; (**s >= '0' && **s <= '9') || (**s >= 'a' && **s <= 'f'); (*s)++)
		n = n * 16 + (u64)(**s <= '9' ? **s - '0' : **s - 'a' + 10);
	return n;
}

/* "7f00-7f10 rw-s 00001000 00:01 4711 /name" */
static void parse_line(const char *s, struct host_map *map)
{
	memset(map, 0, sizeof(*map));
	map->start = hex(&s);
	s++;
	map->end = hex(&s);
	map->prot = (s[1] == 'r' ? 1 : 0) | (s[2] == 'w' ? 2 : 0) | (s[3] == 'x' ? 4 : 0) |
		    (s[4] == 's' ? 8 : 0);
	s += 6;
	map->offset = hex(&s);
	s = strchr(strchr(s, ':'), ' ');
	map->file = s[1] != '0';
}

static void keep_part(struct host_map map, u64 start, u64 end, struct host_map *maps, u32 *nr)
{
	if (map.end <= start || map.start >= end || *nr == HOST_MAX_MAPS)
		return;
	if (map.start < start) {
		map.offset += map.file ? start - map.start : 0;
		map.start = start;
	}
	if (map.end > end)
		map.end = end;
	maps[(*nr)++] = map;
}

/* No stdio here: it would ask for memory. */
static u32 read_maps(const struct host_call *call, struct host_map *maps)
{
	static char text[256 << 10];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	u32 nr = 0;
	ssize_t n;
	struct host_map map;
	char *line, *end;

	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	text[len] = '\0';
	for (line = text; (end = strchr(line, '\n')); line = end + 1) {
		parse_line(line, &map);
		keep_part(map, call->arg[0], call->arg[1], maps, &nr);
		keep_part(map, call->arg[2], call->arg[3], maps, &nr);
	}
	return nr;
}

static void send_maps(int fd, const struct host_call *call)
{
	static struct host_map maps[HOST_MAX_MAPS];
	u32 nr = read_maps(call, maps);

	send(fd, maps, nr * sizeof(maps[0]), MSG_NOSIGNAL);
}

/* Returns the slot to go on with: in the child of a fork its own. */
static u32 answer(u32 slot, const struct host_call *call)
{
	struct host_reply reply = { 0 };

	switch (call->kind) {
	case HOST_MAPS:
		send_maps(far_end[slot], call);
		return slot;
	case HOST_FORK:
		reply.ret = fork();
		if (reply.ret == 0)
			return (u32)call->arg[0];
		if (reply.ret < 0)
			reply.error = errno;
		reply.ret = 0;
		break;
	case HOST_LOAD:
	case HOST_STORE:
		reply = access_word(call);
		break;
	case HOST_EXIT:
		break;
	default:
		reply = system_call(call);
	}
	send(far_end[slot], &reply, sizeof(reply), MSG_NOSIGNAL);
	if (call->kind == HOST_EXIT)
		_exit(0);
	return slot;
}

static void serve(u32 slot)
{
	struct host_call call;

	while (recv(far_end[slot], &call, sizeof(call), 0) == sizeof(call))
		slot = answer(slot, &call);
	_exit(0);
}

/* -- in the test ------------------------------------------------------------------------------ */

static bool ask(u32 slot, const struct host_call *call, void *reply, size_t max, ssize_t *got)
{
	if (send(near_end[slot], call, sizeof(*call), MSG_NOSIGNAL) != sizeof(*call))
		return false;
	*got = recv(near_end[slot], reply, max, 0);
	return *got >= 0;
}

/* Those whose parent ended before them are ours to wait for. */
static void reap(int options)
{
	while (waitpid(-1, NULL, options) > 0)
		;
}

/* Question and answer on one processor: nobody has to wake another. Half the time. */
static void pin(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&cpus);
	if (cpu < 0 || sched_getaffinity(0, sizeof(cpus), &cpus))
		return;
	CPU_ZERO(&one);
	CPU_SET((unsigned int)cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void unpin(void)
{
	if (CPU_COUNT(&cpus))
		sched_setaffinity(0, sizeof(cpus), &cpus);
	CPU_ZERO(&cpus);
}

bool hostvm_call(u32 slot, const struct host_call *call, struct host_reply *reply)
{
	ssize_t got;

	if (call->kind == HOST_EXIT)
		reap(WNOHANG);
	return ask(slot, call, reply, sizeof(*reply), &got) && got == sizeof(*reply);
}

s32 hostvm_maps(u32 slot, const u64 *ranges, struct host_map *out)
{
	struct host_call call = { .kind = HOST_MAPS };
	ssize_t got;

	memcpy(call.arg, ranges, 4 * sizeof(*ranges));
	if (!ask(slot, &call, out, HOST_MAX_MAPS * sizeof(*out), &got))
		return -1;
	return (s32)((size_t)got / sizeof(*out));
}

/* Addresses that are free here, and below all that the kernel chooses by itself. ASan has its
 * shadow up to 1 << 44; a kernel may give 47 bits, or 39. */
static u64 find_arena(void)
{
	static const u64 places[] = { 1ull << 45, 1ull << 37, 1ull << 36 };
	u64 size = 3 * HOST_ARENA;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		void *want = (void *)places[i];
		void *got = mmap(want, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
				 MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

		if (got != MAP_FAILED)
			munmap(got, size);
		if (got == want)
			return places[i] + HOST_ARENA;
	}
	return 0;
}

static bool make_slots(void)
{
	struct timeval patience = { .tv_sec = 20 };
	int pair[2];
	u32 i;

	for (i = 0; i < HOST_SLOTS; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
			return false;
		near_end[i] = pair[0];
		far_end[i] = pair[1];
		setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	}
	return true;
}

static void close_ends(int *ends)
{
	u32 i;

	for (i = 0; i < HOST_SLOTS; i++)
		if (ends[i] > 0)
			close(ends[i]);
	memset(ends, 0, HOST_SLOTS * sizeof(*ends));
}

static s64 ask_brk(u64 at)
{
	struct host_call call = { .kind = HOST_BRK, .arg = { at } };
	struct host_reply reply = { 0 };

	hostvm_call(0, &call, &reply);
	return reply.ret;
}

/* The break goes up, to where a hole separates the heap of the test from that of the C library. */
static u64 find_heap(void)
{
	u64 hole = ((u64)ask_brk(0) + PAGE - 1) & ~(PAGE - 1), heap = hole + PAGE;
	struct host_call unmap = { HOST_MUNMAP, { hole, PAGE } };
	struct host_reply reply;
	u64 end = heap + HEAP_BYTES;

	if (ask_brk(hole) != (s64)hole || ask_brk(end) != (s64)end || ask_brk(heap) != (s64)heap)
		return 0;
	return hostvm_call(0, &unmap, &reply) && !reply.error ? heap : 0;
}

/* One call of each kind: a sandbox may forbid some. NULL, or what is not there. */
static const char *try_calls(struct hostvm *h)
{
	const u64 at = h->arena;
	const struct {
		const char *missing;
		struct host_call call;
	} calls[] = {
		{ "no mmap", { HOST_MMAP, { at, 2 * PAGE, 3, MAP_PRIVATE | MAP_FIXED } } },
		{ "no stores", { HOST_STORE, { at, 1 } } },
		{ "no mprotect", { HOST_MPROTECT, { at, PAGE, 1 } } },
		{ "no mprotect", { HOST_MPROTECT, { at, PAGE, 3 } } },
		{ "no mremap", { HOST_MREMAP, { at, 2 * PAGE, 3 * PAGE } } },
		{ "no madvise", { HOST_MADVISE, { at, 3 * PAGE, MADV_DONTNEED } } },
		{ "no munmap", { HOST_MUNMAP, { at, 3 * PAGE } } },
		{ "no mmap of a file", { HOST_MMAP, { at, PAGE, 3, MAP_SHARED | MAP_FIXED, 1 } } },
		{ "no stores to a file", { HOST_STORE, { at } } },
		{ "no fork", { HOST_FORK, { 1 } } },
		{ "no munmap", { HOST_MUNMAP, { at, PAGE } } },
	};
	struct host_call quit = { .kind = HOST_EXIT };
	const u64 page[4] = { at, at + PAGE };
	struct host_map map[HOST_MAX_MAPS];
	struct host_reply reply;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (!hostvm_call(0, &calls[i].call, &reply) || reply.error)
			return calls[i].missing;
	if (hostvm_maps(1, page, map) != 1 || !map[0].file || map[0].prot != 11)
		return "no /proc/self/maps";
	return hostvm_call(1, &quit, &reply) ? NULL : "no exit";
}

static u64 find_memlock(u64 at)
{
	const struct host_call calls[] = {
		{ HOST_MMAP, { at, PAGE, 3, MAP_PRIVATE | MAP_FIXED } },
		{ HOST_MLOCK, { at, PAGE } },
		{ HOST_MUNMAP, { at, PAGE } },
	};
	struct host_reply reply;
	struct rlimit limit;
	bool ok = true;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		ok &= hostvm_call(0, &calls[i], &reply) && !reply.error;
	if (!ok || getrlimit(RLIMIT_MEMLOCK, &limit))
		return 0;
	return limit.rlim_cur;
}

static const char *prepare(struct hostvm *h, u64 file_size)
{
	struct utsname name;
	unsigned int major = 0, minor = 0;

	if (sysconf(_SC_PAGESIZE) != (long)PAGE)
		return "pages are not 4 KiB here";
	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	h->version = major << 8 | minor;
	h->arena = find_arena();
	if (!h->arena)
		return "no room for an arena";
	file = h->file = (int)syscall(SYS_memfd_create, "arena", 1u /* MFD_CLOEXEC */);
	if (file < 0 || ftruncate(file, (off_t)file_size))
		return "no memfd_create";
	return make_slots() ? NULL : "no socketpair";
}

static const char *start_first(struct hostvm *h)
{
	const char *why;
	pid_t first;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pin();
	first = fork();
	if (first < 0)
		return "no fork";
	if (first == 0) {
		close_ends(near_end);
		catch_signals();
		serve(0);
	}
	close_ends(far_end);
	why = try_calls(h);
	if (why)
		return why;
	h->heap = find_heap();
	h->memlock = find_memlock(h->arena);
	return NULL;
}

const char *hostvm_start(struct hostvm *h, u64 file_size)
{
	const char *why;

	memset(h, 0, sizeof(*h));
	why = prepare(h, file_size);
	if (!why)
		why = start_first(h);
	if (why)
		hostvm_stop(h);
	return why;
}

void hostvm_stop(struct hostvm *h)
{
	close_ends(near_end);
	close_ends(far_end);
	reap(0);
	unpin();
	if (file >= 0)
		close(file);
	file = h->file = -1;
}
