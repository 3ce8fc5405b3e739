/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swapoff of seed 003's 50 MB: 100 processes with 70 page tables each and 128 pages in swap, slots
 * in runs of two, each run of a process drawn at random. The quadratic way searches 22.5 million
 * page tables; its time is compared with a loop that compares every entry of as many tables.
 *
 *	swapoff            2.6.16 and 4.0
 *	swapoff NAME       one kernel
 *	swapoff NAME N     N processes instead of 100
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "mm/vm.h"

#define AT 0x40000000u
#define TABLES 70u
#define EACH 128u /* pages of a process */
#define RUN 2u
#define LENGTH ((u64)TABLES << 22)

static u32 processes = 100;

/* Page i of a process: the tables in turn, anywhere in them. */
static u32 address_of(u32 i)
{
	return AT + (i % TABLES << 22) + (i * 37 % 1024 << PAGE_SHIFT);
}

static u64 draw(u64 *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

/* Whose each run is: every process as often as the others, shuffled. */
static u16 *runs_of(u32 n)
{
	u16 *whose = malloc(n * sizeof(*whose)), swap;
	u64 state = 1;

	if (!whose)
		exit(2);
	for (u32 i = 0; i < n; i++)
		whose[i] = (u16)(i % processes);
	for (u32 i = n - 1; i > 0; i--) {
		u32 j = (u32)(draw(&state) % (i + 1));

		swap = whose[i];
		whose[i] = whose[j];
		whose[j] = swap;
	}
	return whose;
}

static struct machine *machine_of(const struct kernel *kernel, const struct swapoff_ops *way)
{
	struct machine_config config = {
		.kernel = kernel, .swapoff = way, .ram = 256u << 20, .swap = 64u << 20, .cpus = 1,
		.seed = 1, .page_cluster = 0,
	};
	const char *why;
	struct machine *m = machine_create(&config, &why);

	if (m)
		return m;
	fprintf(stderr, "%s: %s\n", kernel->name, why);
	exit(2);
}

static u16 process(struct machine *m)
{
	u16 pid = (u16)measure_op(m, (struct op){ .kind = OP_TASK, .text = "p" });

	measure_op(m, (struct op){ .kind = OP_MMAP, .pid = pid, .arg = { AT, LENGTH, 3, 0x32 } });
	for (u32 i = 0; i < EACH; i++)
		measure_op(m, (struct op){ .kind = OP_TOUCH, .pid = pid,
					   .arg = { address_of(i), PAGE_SIZE, 1 } });
	return pid;
}

/* One page more of a process gets the next slot, and no pte maps it any more. */
static void page_out(struct machine *m, u16 pid, u32 i)
{
	struct pte_view v;

	if (!inspect_pte(m, pid, address_of(i), &v) || !v.present)
		exit(2);
	measure_op(m, (struct op){ .kind = OP_REFERENCED, .arg = { v.pfn } });
	measure_op(m, (struct op){ .kind = OP_UNMAP, .arg = { v.pfn } });
}

/* Written, and out of the swap cache. */
static void write_all(struct machine *m)
{
	for (u32 i = 0; m->vm->swapper_space.nrpages && i < 1000; i++) {
		measure_op(m, (struct op){ .kind = OP_REFILL, .arg = { 20000 } });
		measure_op(m, (struct op){ .kind = OP_RECLAIM, .arg = { 20000 } });
		measure_op(m, (struct op){ .kind = OP_TICK, .arg = { 1000000000 } });
	}
	if (m->vm->swapper_space.nrpages)
		exit(2);
}

static struct machine *set_up(const struct kernel *kernel, const struct swapoff_ops *way)
{
	struct machine *m = machine_of(kernel, way);
	u32 runs = processes * EACH / RUN, *next = calloc(processes, sizeof(*next));
	u16 *whose = runs_of(runs), *pids = calloc(processes, sizeof(*pids));

	if (!next || !pids)
		exit(2);
	for (u32 i = 0; i < processes; i++)
		pids[i] = process(m);
	for (u32 i = 0; i < runs; i++)
		for (u32 j = 0; j < RUN; j++)
			page_out(m, pids[whose[i]], next[whose[i]]++);
	write_all(m);
	free(next);
	free(whose);
	free(pids);
	return m;
}

/* The page tables of every process, as the machine has them in memory: what is scanned is where a
 * frame is, not in one stretch with huge pages under it. */
static const u32 **tables_of(const struct machine *m)
{
	const u32 **tables = calloc(processes * TABLES, sizeof(*tables)), **at = tables;
	struct task_view t[256];
	u32 n = inspect_tasks(m, t, 256);
	struct pte_view v;

	if (!tables)
		exit(2);
	for (u32 i = 0; i < n && i < 256; i++)
		for (u32 j = 0; j < TABLES && t[i].process; j++)
			if (inspect_pte(m, t[i].pid, AT + (j << 22), &v))
				*at++ = machine_ram(m, v.table_pfn);
	if (at != tables + processes * TABLES)
		exit(2);
	return tables;
}

/* Seconds to compare each entry of so many tables, one after the other, over all there are. */
static double loop(const struct machine *m, u64 scans)
{
	const u32 **tables = tables_of(m);
	u32 nr = processes * TABLES, found = 0;
	double begin = measure_cpu();

	for (u64 n = 0; n < scans; n++) {
		const u32 *table = tables[n % nr];

		for (u32 i = 0; i < 1024; i++)
			found += table[i] == (u32)n;
	}
	begin = measure_cpu() - begin;
	if (found > scans)
		printf("(%u)\n", found);
	free(tables);
	return begin;
}

/* Seconds; scan: NULL, or those of the loop over as many tables of the same machine. */
static double swapoff(const struct kernel *kernel, const struct swapoff_ops *way, u64 *calls,
		      double *scan)
{
	struct machine *m = set_up(kernel, way);
	double begin = measure_cpu();

	measure_op(m, (struct op){ .kind = OP_SWAPOFF });
	begin = measure_cpu() - begin;
	*calls = m->counters.unuse_pte_range;
	if (scan)
		*scan = loop(m, *calls);
	machine_destroy(m);
	return begin;
}

static void one_kernel(const struct kernel *kernel)
{
	double quadratic, linear, scan, expected = 12800.0 * (70 * 49.5 / RUN + 35.5);
	u64 calls, once;

	quadratic = swapoff(kernel, &swapoff_quadratic, &calls, &scan);
	linear = swapoff(kernel, &swapoff_linear, &once, NULL);
	printf("%s: %llu calls of unuse_pte_range, %llu when linear\n", kernel->name,
	       (unsigned long long)calls, (unsigned long long)once);
	printf("  %.2f s, the loop %.2f s, linear %.3f s\n", quadratic, scan, linear);
	if (processes == 100)
		measure_print("calls", (double)calls / expected, "x",
			      "0.97 .. 1.03 x 12,800 x (70 x 49.5 / 2 + 35.5)",
			      calls > expected * .97 && calls < expected * 1.03);
	measure_print("swapoff", quadratic / scan, "x", "<= 2 x a loop over as many tables",
		      quadratic <= 2 * scan);
}

int main(int argc, char **argv)
{
	if (argc > 2)
		processes = (u32)atoi(argv[2]);
	if (argc > 1 && !kernel_by_name(argv[1])) {
		fprintf(stderr, "swapoff: there is no kernel %s\n", argv[1]);
		return 2;
	}
	if (argc > 1) {
		one_kernel(kernel_by_name(argv[1]));
	} else {
		one_kernel(&kernel_2_6_16);
		one_kernel(&kernel_4_0);
	}
	return 0;
}
