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

static struct machine *machine_for(const struct zipf *z, const struct kernel *kernel,
				   const struct zipf_memory *memory)
{
	struct machine_config config = {
		.kernel = kernel, .ram = memory->ram, .dma_end = memory->dma_end,
		.swap = (u64)z->pages * 3 * PAGE_SIZE, .cpus = 1, .seed = 1,
		.page_cluster = memory->page_cluster,
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

static void touch(struct machine *m, u32 pid, const u32 *words, u64 n, struct zipf_result *out)
{
	double begin = measure_now();

	if (n && op_touch_pages(m, pid, words, n, &out->faults) != n) {
		fprintf(stderr, "%s: a touch failed\n", m->config.kernel->name);
		exit(2);
	}
	out->seconds += measure_now() - begin;
}

/* Only the swap cache has a reference, and no pte leads there. */
static bool is_nobodys(const struct machine *m, u32 pfn)
{
	struct page_view page;
	struct slot_view slot;

	if (!inspect_page(m, pfn, &page) || !page.swapcache || page.count != 1)
		return false;
	inspect_swap_map(m, page.swap_type, page.swap_offset, &slot, 1);
	return !slot.users;
}

/* What is in memory now, as a part of the means. */
static void take_sample(const struct machine *m, double part, struct zipf_result *out)
{
	struct lru_view lru;
	u32 nobodys = 0;

	for (u32 pfn = 0; pfn < m->nr_frames; pfn++)
		nobodys += is_nobodys(m, pfn);
	inspect_lru(m, &lru);
	out->nobodys += nobodys * part;
	out->resident += (lru.nr_active + lru.nr_inactive - nobodys) * part;
}

#define SAMPLES 25

static void run_trace(struct machine *m, const struct zipf *z, const u32 *pids, const u32 *words,
		      struct zipf_result *out)
{
	u64 chunks = (z->n + z->chunk - 1) / z->chunk, half = chunks / 2, taken = 0;
	u64 samples = chunks - half < SAMPLES ? chunks - half : SAMPLES;

	for (u64 i = 0; i < chunks; i++) {
		u64 at = i * z->chunk, n = at + z->chunk < z->n ? z->chunk : z->n - at;
		u64 first = z->split[i];

		touch(m, pids[0], words + at, first, out);
		touch(m, pids[1], words + at + first, n - first, out);
		if (i < half + taken * (chunks - half) / samples)
			continue;
		take_sample(m, 1.0 / (double)samples, out);
		taken++;
	}
}

struct zipf_result zipf_run(const struct zipf *z, const struct kernel *kernel,
			    const struct zipf_memory *memory)
{
	struct machine *m = machine_for(z, kernel, memory);
	struct zipf_result out = { 0 };
	u32 *words = make_words(z), pids[2] = { 0 };

	for (u32 i = 0; i < z->processes; i++) {
		pids[i] = (u32)measure_op(m, (struct op){ .kind = OP_TASK, .text = "zipf" });
		measure_op(m, (struct op){
			.kind = OP_MMAP, .pid = (u16)pids[i],
			.arg = { AT, (u64)z->pages / z->processes * PAGE_SIZE, 3, 0x32 },
		});
	}
	run_trace(m, z, pids, words, &out);
	out.major = m->counters.pgmajfault;
	machine_destroy(m);
	free(words);
	return out;
}
