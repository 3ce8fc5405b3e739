/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The largest machine there is, 4 GiB in 1,048,576 frames: how long it takes to boot and how much
 * of the host's memory it is, booted and with every frame it can give away mapped once. Each
 * measurement is a process of its own, so that none finds the memory of another one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

#define RAM (4ull << 30)
#define FRAMES (RAM / PAGE_SIZE)
#define RUNS 7
#define MIB 1048576.0
#define SPACE 0xb0000000u /* of one process, from AT on */
#define AT 0x08000000u

struct figures {
	double boot_ms, booted, mapped; /* bytes of the host's memory */
	double pages, fault_ns;
};

/* Free pages that reclaim would not miss: two in a hundred stay above all watermarks. */
static u32 free_pages(const struct machine *m)
{
	struct zone_view zones[8];
	u32 n = inspect_zones(m, zones, 8), pages = 0;

	for (u32 i = 0; i < n; i++)
		pages += zones[i].free;
	return pages > FRAMES / 50 ? pages - FRAMES / 50 : 0;
}

/* New processes write to fresh pages, a little less than there are, since their tables and chains
 * take some, too. Pages mapped. */
static u32 map_everything(struct machine *m)
{
	u32 mapped = 0;

	for (;;) {
		u64 left = free_pages(m) / 100 * 99, length = left * PAGE_SIZE;
		u16 pid;

		if (left < 1000)
			return mapped;
		if (length > SPACE)
			length = SPACE;
		pid = (u16)measure_op(m, (struct op){ .kind = OP_TASK, .text = "task" });
		measure_op(m, (struct op){ .kind = OP_MMAP, .pid = pid,
					   .arg = { AT, length, 3, 0x32 } });
		mapped += (u32)measure_op(m, (struct op){ .kind = OP_TOUCH, .pid = pid,
							  .arg = { AT, length, 1 } });
	}
}

static struct figures measure_once(void)
{
	u64 before = measure_resident();
	double begin = measure_now();
	struct machine *m = measure_machine(RAM, 0, 1);
	struct figures f = { .boot_ms = (measure_now() - begin) * 1e3 };

	f.booted = (double)(measure_resident() - before);
	begin = measure_now();
	f.pages = map_everything(m);
	f.fault_ns = (measure_now() - begin) / f.pages * 1e9;
	f.mapped = (double)(measure_resident() - before);
	if (inspect_counter(m, "pgscan", &(bool){ false })) {
		fprintf(stderr, "the machine reclaimed: not every page is mapped\n");
		exit(2);
	}
	machine_destroy(m);
	return f;
}

static struct figures in_child(void)
{
	struct figures f;
	int fd[2], status;
	pid_t pid;

	if (pipe(fd))
		exit(2);
	pid = fork();
	if (pid < 0)
		exit(2);
	if (!pid) {
		f = measure_once();
		_exit(write(fd[1], &f, sizeof(f)) != sizeof(f));
	}
	close(fd[1]);
	if (read(fd[0], &f, sizeof(f)) != sizeof(f) || waitpid(pid, &status, 0) != pid || status)
		exit(2);
	close(fd[0]);
	return f;
}

int main(void)
{
	double boot[RUNS], booted[RUNS], mapped[RUNS], fault[RUNS], ms, mib, bytes;
	struct figures f = { .pages = 0 };

	for (u32 i = 0; i < RUNS; i++) {
		f = in_child();
		boot[i] = f.boot_ms;
		booted[i] = f.booted;
		mapped[i] = f.mapped;
		fault[i] = f.fault_ns;
	}
	printf("# a machine of %llu frames, median of %u runs; %.0f pages mapped once\n", FRAMES,
	       RUNS, f.pages);
	ms = measure_median(boot, RUNS);
	measure_print("boot", ms, "ms", "<= 100 ms", ms <= 100);
	mib = measure_median(booted, RUNS) / MIB;
	measure_print("booted, host memory", mib, "MiB", "<= 80 MiB", mib <= 80);
	bytes = measure_median(booted, RUNS) / (double)FRAMES;
	measure_print("booted, a modelled page", bytes, "bytes", "<= 64 bytes", bytes <= 64);
	bytes = measure_median(mapped, RUNS) / (double)FRAMES;
	measure_print("all mapped once, a modelled page", bytes, "bytes", "<= 64 bytes",
		      bytes <= 64);
	measure_print("a fault, all over memory", measure_median(fault, RUNS), "ns", "", true);
	return 0;
}
