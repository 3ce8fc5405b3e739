/* SPDX-License-Identifier: GPL-2.0-only */
#include "zipf.h"

#include <stdio.h>
#include <stdlib.h>

#include "caches.h"
#include "measure.h"

#define ALPHA 0.9
#define AT 0x10000000u

static u64 count_distinct(const struct zipf *z)
{
	u8 *seen = calloc(z->pages, 1);
	u64 distinct = 0;

	if (!seen)
		exit(2);
	for (u64 i = 0; i < z->n; i++) {
		distinct += !seen[z->trace[i]];
		seen[z->trace[i]] = 1;
	}
	free(seen);
	return distinct;
}

struct zipf zipf_create(u32 pages, u32 processes, u64 n, u64 seed)
{
	struct zipf z = { .pages = pages, .processes = processes, .n = n, .chunk = 20000 };

	z.trace = zipf_trace(pages, n, ALPHA, seed);
	z.split = take_turns(z.trace, n, z.chunk, pages / processes);
	z.distinct = count_distinct(&z);
	return z;
}

void zipf_destroy(struct zipf *z)
{
	free(z->trace);
	free(z->split);
}

/* -- the machine ------------------------------------------------------------------------------- */

static struct machine *machine_for(const struct zipf *z, const struct kernel *kernel, u64 ram,
				   s32 page_cluster)
{
	struct machine_config config = {
		.kernel = kernel, .ram = ram, .swap = (u64)z->pages * 3 * PAGE_SIZE, .cpus = 1,
		.seed = 1, .page_cluster = page_cluster,
	};
	const char *why;
	struct machine *m = machine_create(&config, &why);

	if (m)
		return m;
	fprintf(stderr, "%s: %s\n", kernel->name, why);
	exit(2);
}

/* The words of op_touch_pages for the whole trace. */
static u32 *make_words(const struct zipf *z)
{
	u32 *words = malloc(z->n * sizeof(*words)), border = z->pages / z->processes;
	u8 *seen = calloc(z->pages, 1);

	if (!words || !seen)
		exit(2);
	for (u64 i = 0; i < z->n; i++) {
		u32 page = z->trace[i], write = i % 4 == 0 || !seen[page];

		seen[page] = 1;
		words[i] = (AT / PAGE_SIZE + page % border) << 1 | write;
	}
	free(seen);
	return words;
}

static void touch(struct machine *m, u32 pid, const u32 *words, u64 n, u64 *faults)
{
	if (op_touch_pages(m, pid, words, n, faults) == n)
		return;
	fprintf(stderr, "%s: a touch failed\n", m->config.kernel->name);
	exit(2);
}

static u32 resident(const struct machine *m)
{
	struct lru_view lru;

	inspect_lru(m, &lru);
	return lru.nr_active + lru.nr_inactive;
}

static void run_trace(struct machine *m, const struct zipf *z, const u32 *pids, const u32 *words,
		      struct zipf_result *out)
{
	for (u64 at = 0; at < z->n; at += z->chunk) {
		u64 n = at + z->chunk < z->n ? z->chunk : z->n - at;
		u64 first = z->split[at / z->chunk];

		if (first)
			touch(m, pids[0], words + at, first, &out->faults);
		if (first < n)
			touch(m, pids[1], words + at + first, n - first, &out->faults);
		out->resident += resident(m) * (double)n / (double)z->n;
	}
}

struct zipf_result zipf_run(const struct zipf *z, const struct kernel *kernel, u64 ram,
			    s32 page_cluster)
{
	struct machine *m = machine_for(z, kernel, ram, page_cluster);
	struct zipf_result out = { 0 };
	u32 *words = make_words(z), pids[2] = { 0 };

	for (u32 i = 0; i < z->processes; i++) {
		pids[i] = (u32)measure_op(m, (struct op){ .kind = OP_TASK, .text = "zipf" });
		measure_op(m, (struct op){
			.kind = OP_MMAP, .pid = (u16)pids[i],
			.arg = { AT, (u64)z->pages / z->processes * PAGE_SIZE, 3, 0x32 },
		});
	}
	out.seconds = measure_now();
	run_trace(m, z, pids, words, &out);
	out.seconds = measure_now() - out.seconds;
	out.major = m->counters.pgmajfault;
	machine_destroy(m);
	free(words);
	return out;
}
