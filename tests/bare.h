/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of the scheduler and the locks: a machine without a kernel, whose threads are
 * small functions of the test, and what they share.
 */
#ifndef TESTS_BARE_H
#define TESTS_BARE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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
static struct machine *m;
static struct world *w;

/* 64 frames, events on. stress as in the configuration. */
static inline void bare_make(u32 cpus, u32 stress, u64 seed)
{
	struct machine_config config = {
		.ram = 256 << 10, .cpus = cpus, .page_cluster = -1, .stress = stress, .seed = seed,
		.events = true,
	};
	const char *why;

	m = machine_create_bare(&config, &why);
	assert_non_null(m);
	assert_null(why);
	w = region_alloc(m->region, sizeof(*w));
	spin_lock_init(&w->a, LC_PAGE_TABLE_LOCK, 1);
	spin_lock_init(&w->b, LC_PAGEMAP_LRU_LOCK, 0);
	init_rwsem(&w->sem, LC_MMAP_SEM, 1);
}

/* cmocka's set-up on one cpu and on two, and tear-down. */
static inline int bare_one_cpu(void **state)
{
	bare_make(1, 0, 1);
	return 0;
}

static inline int bare_two_cpus(void **state)
{
	bare_make(2, 0, 1);
	return 0;
}

static inline int bare_destroy(void **state)
{
	machine_destroy(m);
	return 0;
}

/* A thread that runs body(arg) when the scheduler does. */
static inline struct task_struct *spawn(const char *name, u32 cpu, void (*body)(void *), void *arg)
{
	struct task_struct *t = thread_create(m, name, cpu);

	assert_non_null(t);
	assert_true(thread_start(t, body, arg));
	return t;
}

/* Append to w->order; say_arg is a whole thread of that. */
static inline void say(const char *what)
{
	strncat(w->order, what, sizeof(w->order) - strlen(w->order) - 1);
}

static inline void say_arg(void *what)
{
	say(what);
}

#endif
