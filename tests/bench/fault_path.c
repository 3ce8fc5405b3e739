/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fault path: what a page fault costs with events compiled in but off, against the same
 * program built without them (build/noev, named by NOEV; `make bench` sees to it). The two run in
 * turn, one after the other and the other way round, and the median of the pairs counts.
 *
 *	fault_path            all pairs
 *	fault_path WORK       one measurement of one kind of work: ns per fault
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "measure.h"

#define PAIRS 15
#define ROUNDS 30
#define LENGTH (32u << 20)
#define SMALL (8u << 20)
#define AT 0x40000000u

/* -- the work ---------------------------------------------------------------------------------- */

static u32 new_task(struct machine *m)
{
	return (u32)measure_op(m, (struct op){ .kind = OP_TASK, .text = "task" });
}

static void map(struct machine *m, u32 pid, u32 length)
{
	measure_op(m, (struct op){ .kind = OP_MMAP, .pid = (u16)pid,
				   .arg = { AT, length, 3, 0x32 } });
}

/* Seconds per fault of one touch of everything. */
static double touch(struct machine *m, u32 pid, u32 length, u64 write)
{
	double begin = measure_now();
	s64 faults = measure_op(m, (struct op){ .kind = OP_TOUCH, .pid = (u16)pid,
						.arg = { AT, length, write } });

	return (measure_now() - begin) / (double)faults;
}

static void unmap(struct machine *m, u32 pid, u32 length)
{
	measure_op(m, (struct op){ .kind = OP_MUNMAP, .pid = (u16)pid, .arg = { AT, length } });
}

/* First writes to anonymous memory: a fresh page each. */
static double anonymous(struct machine *m, u32 pid)
{
	double s;

	map(m, pid, LENGTH);
	s = touch(m, pid, LENGTH, 1);
	unmap(m, pid, LENGTH);
	return s;
}

/* Reads map the zero page, the writes after them copy it. */
static double copy_on_write(struct machine *m, u32 pid)
{
	double s;

	map(m, pid, LENGTH);
	touch(m, pid, LENGTH, 0);
	s = touch(m, pid, LENGTH, 1);
	unmap(m, pid, LENGTH);
	return s;
}

/* Twice as much as there is memory: every fault reclaims, swaps out, and reads ahead. The rounds
 * are short, so that some find this host quiet. */
static double swapping(struct machine *m, u32 pid)
{
	double s;

	map(m, pid, 2 * SMALL);
	touch(m, pid, 2 * SMALL, 1);
	s = touch(m, pid, 2 * SMALL, 1);
	unmap(m, pid, 2 * SMALL);
	return s;
}

static const struct work {
	const char *name;
	double (*run)(struct machine *m, u32 pid);
	u64 ram;
	u32 rounds;
} works[] = {
	{ "anonymous", anonymous, 128u << 20, ROUNDS },
	{ "copy_on_write", copy_on_write, 128u << 20, ROUNDS },
	{ "swapping", swapping, SMALL, 2 * ROUNDS },
};

/* The best of some rounds: what disturbs on this host only ever adds. */
static double measure_work(const struct work *work)
{
	struct machine *m = measure_machine(work->ram, 256u << 20, 1);
	u32 pid = new_task(m);
	double best = 1;

	for (u32 i = 0; i < work->rounds; i++) {
		double s = work->run(m, pid);

		if (s < best)
			best = s;
	}
	machine_destroy(m);
	return best * 1e9;
}

/* -- pairs ------------------------------------------------------------------------------------- */

static double run_program(const char *program, const char *work)
{
	char command[500];
	double ns = 0;
	FILE *f;

	snprintf(command, sizeof(command), "'%s' %s", program, work);
	f = popen(command, "r");
	if (!f || fscanf(f, "%lf", &ns) != 1 || pclose(f)) {
		fprintf(stderr, "cannot run %s\n", command);
		exit(2);
	}
	return ns;
}

static void compare(const char *self, const char *twin, const struct work *work)
{
	double with[PAIRS], without[PAIRS], ratio[PAIRS], median;
	char name[80];

	for (u32 i = 0; i < PAIRS; i++) {
		if (i & 1)
			with[i] = run_program(self, work->name);
		without[i] = twin ? run_program(twin, work->name) : 1;
		if (!(i & 1))
			with[i] = run_program(self, work->name);
		ratio[i] = with[i] / without[i];
	}
	snprintf(name, sizeof(name), "%s", work->name);
	measure_print(name, measure_median(with, PAIRS), "ns/fault", "", true);
	if (!twin)
		return;
	snprintf(name, sizeof(name), "%s, events compiled out", work->name);
	measure_print(name, measure_median(without, PAIRS), "ns/fault", "", true);
	median = measure_median(ratio, PAIRS);
	snprintf(name, sizeof(name), "%s, events off / without", work->name);
	measure_print(name, median, "x", "<= 1.05 x", median <= 1.05);
}

/* What the host's own kernel takes for a first write, as a scale. */
static double host_first_write(void)
{
	char *p = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double begin = measure_now();

	if (p == MAP_FAILED)
		exit(2);
	madvise(p, LENGTH, MADV_NOHUGEPAGE);
	for (u32 i = 0; i < LENGTH; i += PAGE_SIZE)
		p[i] = 1;
	begin = measure_now() - begin;
	munmap(p, LENGTH);
	return begin / (LENGTH / PAGE_SIZE) * 1e9;
}

int main(int argc, char **argv)
{
	const char *twin = getenv("NOEV");

	if (argc > 1) {
		for (u32 i = 0; i < ARRAY_SIZE(works); i++)
			if (!strcmp(argv[1], works[i].name))
				printf("%f\n", measure_work(&works[i]));
		return 0;
	}
	printf("# fault path, %u pairs%s\n", PAIRS, twin ? "" : "; NOEV is not set: no twin");
	for (u32 i = 0; i < ARRAY_SIZE(works); i++)
		compare(argv[0], twin, &works[i]);
	measure_print("first write, this host's own kernel", host_first_write(), "ns/fault", "",
		      true);
	return 0;
}
