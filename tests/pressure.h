/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A workload that keeps a machine short of memory: the processes' address spaces come to four times
 * the RAM, what they have written fills the swap areas, and areas come and go meanwhile.
 *
 *	RAM      |-----|
 *	swap     |-------------|      two areas and more
 *	virtual  |---------------------|   grows when it is less, and shrinks when it is more
 *
 * Operations run alone or several at once, as tests/t470_stress.c has them.
 */
#ifndef PRESSURE_H
#define PRESSURE_H

#include "workload.h"

/* What one seed is to be. */
struct pressure_plan {
	const struct kernel *kernel;
	u64 seed;
	u32 ops;
	bool disks_fail;
};

/* In permille of all slots; in percent of the RAM. */
struct pressure_seen {
	u64 samples, fill_sum, virtual_sum, processes_sum;
	u32 fill_min, fill_max;
	u32 swapons, swapoffs, full, interrupted; /* swapoff: done; ENOMEM; EINTR */
	u32 together;         /* rounds of several operations */
	u32 refused;          /* calls that ended with ENOMEM */
	u32 lost[NR_OWN_ERRATA]; /* loads of what was lost, by the erratum that lost it */
};

struct pressure {
	struct workload w;
	struct pressure_plan plan;
	struct pressure_seen seen;
	struct machine_hooks traced; /* the workload's own */
	u64 rng;
	u32 init;             /* a process that is left alone: there always is one */
	u32 slots;            /* of all areas, in the beginning */
};

/* Cpus, stress, the sort of machine: by the seed and the kernel's number, so that a few seeds of
 * all kernels come to see everything. */
struct machine_config pressure_config(const struct pressure_plan *plan);
/* The whole life of a machine, until nothing is left in it. false: p->w.why says what is wrong. To
 * be ended with workload_end(&p->w) in any case. */
bool pressure_run(struct pressure *p, const struct pressure_plan *plan);
/* Was it really short of memory? NULL, or what is missing. */
const char *pressure_was_none(const struct pressure *p);

#endif
