/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim under a zipf trace that does not fit: which pages does each kernel keep, and how fast is
 * all of it, the faults and the swap included?
 *
 *	zipf            everything
 *	zipf NAME       one kernel's major faults
 *	zipf speed      the speed alone
 *
 * What a kernel keeps is held against FIFO, CLOCK and LRU in caches that hold as many pages as a
 * touch would have found in its memory, on average. They see every reference, it sees accessed bits
 * now and then. Pages that no touch finds are counted apart: up to 2.6.11 a write to a page just
 * read from swap copies it, because the bag that it waits in has a reference, too, and without
 * readahead nobody has emptied it; the old one stays on the active list until reclaim comes by.
 *
 * LRU knows no zones, so the bound is for memory in one piece, and the zones of a PC are on record
 * beside it. They matter in 2.6.0, where kswapd goes by what is free in each zone alone, and what
 * is free below 16 MiB is more than it would see to and less than an allocation that could have
 * gone to NORMAL may take: of the pages there not one is replaced. (2.6.5 scans the lower zones
 * with the one that has too little.)
 *
 * The speed is held against the CLOCK of libCacheSim on the same trace where its program
 * `cachesim` is installed, and stands beside a cache of this benchmark's own; those only look up
 * and replace.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caches.h"
#include "measure.h"
#include "zipf.h"

#define MIB (1ull << 20)

/* -- which pages ------------------------------------------------------------------------------- */

static double ratio_to(enum policy policy, const struct zipf *z, const struct zipf_result *r)
{
	u64 misses = cache_misses(policy, (u32)r->resident, z->trace, z->n) - z->distinct;

	return (double)r->major / (double)misses;
}

static const struct setting {
	const char *name;
	struct zipf_memory memory;
	bool bound;
} settings[] = {
	{ "memory in one zone", { 44 * MIB, 44 * MIB, 0 }, true },
	{ "the zones of a PC", { 44 * MIB, 0, 0 }, false },
	{ "page_cluster 3", { 44 * MIB, 0, 3 }, false },
};

/* Without readahead a kernel brings in what was asked for, and is bound to LRU. With it, and
 * without a reverse mapping, it is on record. */
static void print_kept(const struct zipf *z, const struct kernel *kernel,
		       const struct setting *setting)
{
	struct zipf_result r = zipf_run(z, kernel, &setting->memory);
	double lru = ratio_to(POLICY_LRU, z, &r);
	bool bound = setting->bound && strcmp(kernel->name, "2.5.26");
	char name[80], beside[80];

	snprintf(name, sizeof(name), "%s, %s: faults / LRU", kernel->name, setting->name);
	measure_print(name, lru, "x", bound ? "0.95 to 1.05" : "",
		      !bound || (lru >= 0.95 && lru <= 1.05));
	snprintf(beside, sizeof(beside), "CLOCK %.2f, FIFO %.2f", ratio_to(POLICY_CLOCK, z, &r),
		 ratio_to(POLICY_FIFO, z, &r));
	snprintf(name, sizeof(name), "    %.0f pages, %.0f nobody's; %llu major", r.resident,
		 r.nobodys, (unsigned long long)r.major);
	measure_print(name, (double)r.major / (double)z->n * 100, "% of refs", beside, true);
}

/* The proof that it is the token: without it the row is as good as its neighbours. */
static void print_without_token(const struct zipf *z, const struct kernel *kernel)
{
	static const struct setting one_zone = { "no swap token", { 44 * MIB, 44 * MIB, 0 }, true };
	struct kernel without = *kernel;

	without.swap_token = 0;
	print_kept(z, &without, &one_zone);
}

/* The kswapd of 2.6.9-rc-mm cannot free a page of the process with the swap token, and looks at all
 * of memory whenever it is woken. So all bits are clear when the process has to reclaim for itself,
 * and the first to come are the first to go, as in FIFO. And a million touches are minutes; fewer
 * are kinder to a kernel, by a hundredth or two. */
static u64 touches_for(const struct kernel *kernel)
{
	return strcmp(kernel->name, "2.6.9-rc-mm") ? 1000000 : 300000;
}

static void print_all_kept(const char *only)
{
	printf("# zipf 0.9, 100,000 pages, memory for a tenth: major faults\n");
	for (u32 i = 0; kernels[i]; i++) {
		struct zipf z;

		if (only && strcmp(only, kernels[i]->name))
			continue;
		z = zipf_create(100000, 1, touches_for(kernels[i]), 1);
		for (u32 k = 0; k < ARRAY_SIZE(settings); k++)
			print_kept(&z, kernels[i], &settings[k]);
		if (kernels[i]->swap_token)
			print_without_token(&z, kernels[i]);
		zipf_destroy(&z);
	}
}

/* -- how fast ---------------------------------------------------------------------------------- */

/* A record of an oracleGeneral trace: time, object, size, next access. */
struct __attribute__((packed)) request {
	u32 time;
	u64 object;
	u32 size;
	s64 next;
};

static void write_trace(const char *path, const struct zipf *z)
{
	FILE *f = fopen(path, "w");

	if (!f)
		exit(2);
	for (u64 i = 0; i < z->n; i++) {
		struct request r = { .time = (u32)i, .object = z->trace[i] + 1, .size = 1,
				     .next = -2 };

		fwrite(&r, sizeof(r), 1, f);
	}
	if (fclose(f))
		exit(2);
}

/* Millions of references a second; 0: cachesim is not installed. */
static double libcachesim_clock(const struct zipf *z, u32 size)
{
	char path[64], command[300], line[500];
	double rate = 0;
	const char *s;
	FILE *f;

	if (system("command -v cachesim >/dev/null 2>&1"))
		return 0;
	snprintf(path, sizeof(path), "/tmp/rmaplab-zipf-%d.oracleGeneral", (int)getpid());
	write_trace(path, z);
	snprintf(command, sizeof(command), "cd /tmp && cachesim %s oracleGeneral clock %u "
		 "--ignore-obj-size=true --num-thread=1 2>&1", path, size);
	f = popen(command, "r");
	while (f && fgets(line, sizeof(line), f))
		if ((s = strstr(line, "throughput ")))
			sscanf(s, "throughput %lf", &rate);
	if (f)
		pclose(f);
	unlink(path);
	return rate;
}

static double own_cache(enum policy policy, const struct zipf *z, u32 size)
{
	double begin = measure_now();

	if (!cache_misses(policy, size, z->trace, z->n))
		exit(2);
	return (double)z->n / (measure_now() - begin) / 1e6;
}

static void print_speed(const struct zipf *z, const char *kernel, u64 ram, const char *what)
{
	const struct zipf_memory memory = { .ram = ram };
	struct zipf_result r = zipf_run(z, kernel_by_name(kernel), &memory);
	double rate = (double)z->n / r.seconds / 1e6;
	u32 size = (u32)r.resident;
	double theirs = libcachesim_clock(z, size);
	char name[80];

	snprintf(name, sizeof(name), "%s, %s", kernel, what);
	measure_print(name, rate, "M refs/s", "", true);
	snprintf(name, sizeof(name), "    of them faults, %.0f pages resident", r.resident);
	measure_print(name, (double)r.faults / (double)z->n * 100, "%", "", true);
	if (theirs > 0)
		measure_print("    / CLOCK of libCacheSim", rate / theirs, "x", ">= 2 x",
			      rate >= 2 * theirs);
	measure_print("    / CLOCK, hash table and list", rate / own_cache(POLICY_CLOCK, z, size),
		      "x", "", true);
	measure_print("    / LRU, hash table and list", rate / own_cache(POLICY_LRU, z, size), "x",
		      "", true);
}

static void print_speeds(void)
{
	struct zipf z = zipf_create(1000000, 2, 20000000, 1);

	printf("# zipf 0.9, 1,000,000 pages in two processes, 20,000,000 touches\n");
	print_speed(&z, "2.5.27", 420 * MIB, "memory for a tenth");
	zipf_destroy(&z);
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "speed"))
		print_all_kept(argc > 1 ? argv[1] : NULL);
	if (argc < 2 || !strcmp(argv[1], "speed"))
		print_speeds();
	return 0;
}
