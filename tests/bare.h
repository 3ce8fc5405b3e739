/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of the scheduler and the locks: a machine without a kernel, whose threads are
 * small functions of the test, and what they share.
 */
#ifndef TESTS_BARE_H
#define TESTS_BARE_H

#include "sim/machine.h"
#include "sim/spinlock.h"

#define MS 1000000ull

/* In the machine's region, like everything its threads touch. */
struct world {
	char order[256];
	u32 n, naps, inside, most_inside;
	u64 total, when[4];
	spinlock_t a, b;      /* page_table_lock of pid 1, pagemap_lru_lock */
	rw_semaphore_t sem;   /* mmap_sem of pid 1 */
	u32 word;
	bool flag, other_flag;
	bool woken;
};

/* The machine of the running test. */
extern struct machine *m;
extern struct world *w;

/* 64 frames, events on. stress as in the configuration. */
void bare_make(u32 cpus, u32 stress, u64 seed);
/* cmocka's set-up on one cpu and on two, and tear-down. */
int bare_one_cpu(void **state);
int bare_two_cpus(void **state);
int bare_destroy(void **state);

/* A thread that runs body(arg) when the scheduler does. */
struct task_struct *spawn(const char *name, u32 cpu, void (*body)(void *), void *arg);
/* Append to w->order; say_arg is a whole thread of that. */
void say(const char *what);
void say_arg(void *what);

#endif
