/* SPDX-License-Identifier: GPL-2.0-only */
/* One process, or two that take turns, and a trace of page references on a machine that is too
 * small for it. */
#ifndef TESTS_ZIPF_H
#define TESTS_ZIPF_H

#include "engine.h"

struct zipf {
	u32 pages;         /* touched in all, shared out to the processes */
	u32 processes;     /* 1 or 2 */
	u64 n, chunk;      /* references; of how many before the next process has its turn */
	u32 *trace;        /* in the order they are made */
	u32 *split;        /* of each chunk those of the first process */
	u64 distinct;      /* pages that come up at all */
};
struct zipf zipf_create(u32 pages, u32 processes, u64 n, u64 seed);
void zipf_destroy(struct zipf *z);

struct zipf_memory {
	u64 ram, dma_end;  /* bytes; dma_end as in machine_config */
	s32 page_cluster;
};

struct zipf_result {
	u64 faults, major;
	/* Means over the second half of the run, when memory has long been full: pages that a touch
	 * would find in memory, and pages on the lists that nobody will ask for again: in the swap
	 * cache, and no pte names their slot. */
	double resident, nobodys;
	double seconds;
};
/* Every reference on a new machine; every fourth is a write, and the first to each page. The
 * program ends when that cannot be. */
struct zipf_result zipf_run(const struct zipf *z, const struct kernel *kernel,
			    const struct zipf_memory *memory);

#endif
