/* SPDX-License-Identifier: GPL-2.0-only */
#include "bare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct machine *m;
struct world *w;

void bare_make(u32 cpus, u32 stress, u64 seed)
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

int bare_one_cpu(void **state)
{
	bare_make(1, 0, 1);
	return 0;
}

int bare_two_cpus(void **state)
{
	bare_make(2, 0, 1);
	return 0;
}

int bare_destroy(void **state)
{
	machine_destroy(m);
	return 0;
}

struct task_struct *spawn(const char *name, u32 cpu, void (*body)(void *), void *arg)
{
	struct task_struct *t = thread_create(m, name, cpu);

	assert_non_null(t);
	assert_true(thread_start(t, body, arg));
	return t;
}

void say(const char *what)
{
	strncat(w->order, what, sizeof(w->order) - strlen(w->order) - 1);
}

void say_arg(void *what)
{
	say(what);
}
