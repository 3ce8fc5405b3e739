/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fork storm: 1,000 processes that share 100 MiB, 25.6 million ptes. Each kernel forks them one
 * after the other and lets them exit, youngest first, and is compared with a loop that copies ptes
 * between tables of equal size and counts the users of each page. Then what a mapping costs in
 * memory, beside what the structures of the seeds come to.
 *
 * The loop's tables have memory of the host under them before it is timed. So has a kernel's
 * machine: each storm is raged once for that, and then timed on the same machine. Time is that of
 * the processor, and of several runs the quickest counts, for the loop and for the kernel: what
 * else goes on here only adds to it.
 *
 * Youngest first is what a shell does, and what a chain likes: the mapping that goes is the first
 * of its chain. Oldest first it is the last (seed 000 says so); that is printed for the kernels
 * with chains, of fewer processes, since it is quadratic.
 *
 *	fork_storm            every kernel
 *	fork_storm NAME       one of them
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

#define RAM (1ull << 30)
#define PROCESSES 1000u
#define FEW 100u /* processes of the quadratic order */
#define LENGTH (100u << 20)
#define PAGES (LENGTH / PAGE_SIZE)
#define AT 0x40000000u
#define RUNS 12

/* -- the anchor: nothing but tables and counts --------------------------------------------- */

/* As many bytes as the page tables of nr processes have, all of them there. */
static u32 *tables(u32 nr)
{
	u32 *p = malloc((size_t)nr * LENGTH / 1024);

	if (!p)
		exit(2);
	memset(p, 1, (size_t)nr * LENGTH / 1024);
	return p;
}

static void copy_table(u32 *restrict dst, u32 *restrict src, u32 *restrict users)
{
	for (u32 i = 0; i < PAGES; i++) {
		src[i] &= ~2u;
		dst[i] = src[i] & ~0x20u;
		users[src[i] >> 12]++;
	}
}

static void clear_table(u32 *restrict table, u32 *restrict users)
{
	for (u32 i = 0; i < PAGES; i++) {
		users[table[i] >> 12]--;
		table[i] = 0;
	}
}

/* Seconds to fork and exit all but the first. */
static double loop(void)
{
	u32 *all = tables(PROCESSES), *users = calloc(PAGES, sizeof(*users));
	double begin;

	if (!users)
		exit(2);
	for (u32 i = 0; i < PAGES; i++)
		all[i] = i << 12 | 0x67;
	begin = measure_cpu();
	for (u32 n = 1; n < PROCESSES; n++)
		copy_table(&all[(size_t)n * PAGES], all, users);
	for (u32 n = PROCESSES - 1; n > 0; n--)
		clear_table(&all[(size_t)n * PAGES], users);
	begin = measure_cpu() - begin;
	free(all);
	free(users);
	return begin;
}

/* -- a kernel -------------------------------------------------------------------------------- */

struct storm {
	struct machine *m;
	u32 processes;
	bool oldest_first;
	u16 parent;
	double seconds;   /* the quickest so far; 0: none */
	u64 chain_bytes;  /* of everything that only rmap needs, at the height of it */
};

static struct machine *machine_of(const struct kernel *kernel)
{
	struct machine_config config = {
		.kernel = kernel, .ram = RAM, .cpus = 1, .seed = 1, .page_cluster = -1,
	};
	const char *why;
	struct machine *m = machine_create(&config, &why);

	if (m)
		return m;
	fprintf(stderr, "%s: %s\n", kernel->name, why);
	exit(2);
}

/* Frames of chains, and of the slabs of rmap's own objects; what is in use, not what is free. */
static u64 rmap_bytes(const struct machine *m)
{
	static const char *const caches[] = {
		"pte_chain", "anon_vma", "anon_vma_chain", "anonmm", NULL,
	};
	struct slab_view slabs[32];
	u32 free, total, pages, n = inspect_slabs(m, slabs, 32);
	u64 bytes;

	inspect_chains(m, &free, &total, &pages);
	bytes = (u64)(total - free) * 8;
	for (u32 i = 0; i < n; i++)
		for (u32 j = 0; caches[j]; j++)
			if (!strcmp(slabs[i].name, caches[j]))
				bytes += (u64)slabs[i].active * slabs[i].i386_size;
	return bytes;
}

/* A machine with a process that has all its pages. */
static struct storm storm_begin(const struct kernel *kernel, u32 processes, bool oldest_first)
{
	struct storm s = {
		.m = machine_of(kernel), .processes = processes, .oldest_first = oldest_first,
	};

	s.parent = (u16)measure_op(s.m, (struct op){ .kind = OP_TASK, .text = "parent" });
	measure_op(s.m, (struct op){ .kind = OP_MMAP, .pid = s.parent,
				     .arg = { AT, LENGTH, 3, 0x32 } });
	measure_op(s.m, (struct op){ .kind = OP_TOUCH, .pid = s.parent,
				     .arg = { AT, LENGTH, 1 } });
	return s;
}

static double rage(struct storm *s)
{
	u16 *pids = calloc(s->processes, sizeof(*pids));
	double begin = measure_cpu(), seconds;

	for (u32 n = 1; n < s->processes; n++)
		pids[n] = (u16)measure_op(s->m, (struct op){ .kind = OP_FORK, .pid = s->parent,
							     .text = "child" });
	seconds = measure_cpu() - begin;
	s->chain_bytes = rmap_bytes(s->m);
	begin = measure_cpu();
	for (u32 n = 1; n < s->processes; n++)
		measure_op(s->m, (struct op){ .kind = OP_EXIT,
					      .pid = pids[s->oldest_first ? n :
							  s->processes - n] });
	free(pids);
	return seconds + measure_cpu() - begin;
}

static void quickest(double *best, double seconds)
{
	if (!*best || seconds < *best)
		*best = seconds;
}

/* The quickest of a few, after one that does not count. */
static double storm(const struct kernel *kernel, u32 processes, bool oldest_first)
{
	struct storm s = storm_begin(kernel, processes, oldest_first);

	rage(&s);
	for (u32 i = 0; i < RUNS; i++)
		quickest(&s.seconds, rage(&s));
	machine_destroy(s.m);
	return s.seconds;
}

/* Bytes per mapping of memory that PROCESSES share, by the structures on an i386. */
static double by_structure(const struct kernel *kernel)
{
	double processes = PROCESSES, pages = PAGES;

	if (kernel->rmap->blind)
		return 0;
	switch (kernel->anon_mark) {
	case ANON_UNMARKED:
		if (!kernel->nonlinear)
			return 8;            /* seed 000: next and ptep */
		/* fall through */
	case ANON_CHAINED:                   /* 32 bytes for seven ptes, the head not full */
		return (u32)(processes + 6) / 7 * 32 / processes;
	}
	if (!strcmp(kernel->rmap->name, "anonmm"))
		return 28 / pages;           /* one anonmm for each process */
	if (!strcmp(kernel->rmap->name, "anon_vma_chain"))
		return (2 * 36 + 28) / pages; /* links to the parent's and its own, and that */
	return 12 / processes / pages;       /* one anon_vma for all of them */
}

/* The loop before each run: whatever the neighbours are at, both get a share of it. */
static void one_kernel(const struct kernel *kernel)
{
	struct storm s = storm_begin(kernel, PROCESSES, false);
	double anchor = 0, ptes = (PROCESSES - 1.0) * PAGES;
	char name[64];

	rage(&s);
	for (u32 i = 0; i < RUNS; i++) {
		quickest(&anchor, loop());
		quickest(&s.seconds, rage(&s));
	}
	machine_destroy(s.m);
	snprintf(name, sizeof(name), "%s, youngest first", kernel->name);
	measure_print(name, s.seconds / anchor, "x the loop", "<= 5 x", s.seconds / anchor <= 5);
	printf("    %-32s %8.2f ns      loop: %.2f ns\n", "a pte", s.seconds / ptes * 1e9,
	       anchor / ptes * 1e9);
	printf("    %-32s %8.4f bytes   by the structures: %.4f\n", "a mapping",
	       (double)s.chain_bytes / PROCESSES / PAGES, by_structure(kernel));
	if (kernel->anon_mark > ANON_CHAINED)
		return;
	printf("    %-32s %8.2f x the time of youngest first (%u processes)\n", "oldest first",
	       storm(kernel, FEW, true) / storm(kernel, FEW, false), FEW);
}

int main(int argc, char **argv)
{
	printf("# %u processes share %u MiB: %.1fM ptes copied and cleared\n", PROCESSES,
	       LENGTH >> 20, (PROCESSES - 1.0) * PAGES / 1e6);
	for (u32 i = 0; kernels[i]; i++)
		if (argc < 2 || !strcmp(argv[1], kernels[i]->name))
			one_kernel(kernels[i]);
	return 0;
}
