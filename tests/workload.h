/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random work for a machine. A step is a few random numbers; what they come to depends on who
 * lives and what is mapped when the step is made, so any step can be left out of a list and the
 * rest still makes sense. That is what shrinking a failing list needs.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "engine.h"

struct step {
	u32 what, r[6];
};

struct workload {
	struct machine *m;
	struct machine_hooks hooks;
	u64 log;              /* hash of every event so far */
	u64 ops;
	u32 pids[24], nr_pids;
	u32 files[8], nr_files; /* inode numbers, of shared memory too */
	u32 nr_shmem;
	u32 max_tasks;
	u32 frames;           /* free, or taken by the kernel for itself, when it began */
	struct op op;         /* the last one */
	struct event *ring;   /* TRACE=n in the environment: the last n events, to be printed */
	u32 nr_ring;
	char why[2400];       /* what went wrong; empty: nothing */
};

u64 workload_random(u64 *state);
struct step workload_step(u64 *state);

/* The machine of a seed: 64 to 1,024 frames, swap or not, one cpu or two; PAE for two seeds of
 * four, page tables in high memory for three of eight. frames and cpus 0: as
 * the seed says. */
struct machine_config workload_config(const struct kernel *kernel, u64 seed, u32 frames, u32 cpus);
/* Run it for each kernel there is, or for the one that KERNEL in the environment names. How many
 * did not return true. */
u32 workload_kernels(bool (*run)(const struct kernel *kernel, void *arg), void *arg);
/* The kernel that KERNEL names; the first one without it. */
const struct kernel *workload_kernel(void);
/* false: why says what. w->m is to be destroyed by workload_end in any case. */
bool workload_begin(struct workload *w, const struct machine_config *config);
void workload_end(struct workload *w);

/* The operation that a step comes to now. */
struct op workload_op(struct workload *w, const struct step *s);
/* That of a step which adds or takes away a swap area. */
void op_swap_area(const struct workload *w, struct op *op, const struct step *s);
/* Without a signal the swapoff of this machine may never end; ns until one comes, at most. */
bool swapoff_may_go_round(const struct machine *m);
#define SWAPOFF_ALARM_NS 400000000u
/* Make it, and compare its result with what must come of it. false: why says what. */
bool workload_do(struct workload *w, const struct step *s);
/* The same for an operation that was posted and is done. */
bool workload_done(struct workload *w, const struct op *op);
/* Every invariant; rmap against the oracle, page by page, through inspection. */
bool workload_check(struct workload *w);
bool workload_check_oracle(struct workload *w);
/* End every process, write and reclaim everything: nothing may be left but what the kernel never
 * gives back. */
bool workload_wind_down(struct workload *w);

/* Something is wrong: why says what, and at which operation. */
void workload_wrong(struct workload *w, const char *what);
/* false: the machine is broken, and why is its report. */
bool workload_whole(struct workload *w);
/* Frames that are free, or that the kernel took for slabs, chains and swap maps. */
u32 workload_idle_frames(const struct machine *m);

/* The last events, oldest first, to stderr; nothing without TRACE. */
void workload_trace(const struct workload *w);
/* Make steps of this seed and print every event and the final dump to stdout: for comparing two
 * runs. 0, or 1: something failed, or there were more events than fit. */
int workload_log(const struct machine_config *config, u32 steps);
/* "write pid 4 40001000 7" */
void workload_print_op(const struct op *op, char *buf, size_t n);

#endif
