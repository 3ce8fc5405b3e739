/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations on machines of 64 to 1,024 frames, with everything checked: no broken
 * invariant, no lost content, rmap equal to the oracle, and nothing left over when all is over. A
 * failing list of steps is shrunk before it is printed.
 */
#ifndef RANDOM_WORK_H
#define RANDOM_WORK_H

#include "engine.h"

/* Of each kernel; with SOAK, 20. */
#ifdef __SANITIZE_ADDRESS__
#define RANDOM_SEEDS 1 /* five times as slow, and what it looks for is not rare */
#else
#define RANDOM_SEEDS 4
#endif

struct plan {
	const struct kernel *kernel;
	u64 seed;          /* the first of */
	u32 seeds;
	u32 ops;           /* of each */
	u32 frames, cpus;  /* 0: as the seed has it */
	bool every_event;  /* look after each of them, not after each operation */
};

/* One seed on p->kernel; a line about it, or about what failed. */
bool random_seed(const struct plan *p);
/* On each kernel, or on that named by KERNEL; asserts that none failed. */
void random_run(struct plan p);

#endif
