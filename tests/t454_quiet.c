/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fork and exit go a short way when nobody watches (mm/ptes_quiet.h), and must come to the same.
 * Two machines do the same things, one with its events on: after each operation time and all
 * counters are equal to the last unit, and so is the whole state, but for what events leave behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workload.h"

#define AT 0x40000000u
#define FILE_AT 0x50000000u
#define CHILDREN 24u
#define STEPS 3000u
#define SEEDS 3u

/* -- a pair ---------------------------------------------------------------------------------- */

/* Digits that follow are no longer there. */
static void drop_number(char *p)
{
	size_t digits = strspn(p, "0123456789");

	memmove(p, p + digits, strlen(p + digits) + 1);
}

/* Without what only events tell: how many there were, and the line of a thread's last one. */
static char *dump_of(const struct machine *m)
{
	char *text = dump_machine(m), *p;

	assert_non_null(text);
	drop_number(strstr(text, " events ") + 8);
	for (p = text; (p = strstr(p, "\n  in ")); drop_number(p))
		p += strcspn(p, ":") + 1;
	return text;
}

static bool same_dump(const struct machine *a, const struct machine *b)
{
	char *one = dump_of(a), *other = dump_of(b);
	bool same = !strcmp(one, other);
	size_t i = 0;

	while (!same && one[i] == other[i])
		i++;
	if (!same)
		print_error("%s: dumps differ at %.120s\n", a->config.kernel->name, one + i);
	free(one);
	free(other);
	return same;
}

static bool same_figures(const struct machine *a, const struct machine *b, const char *what)
{
	const struct counter_row *row = counter_rows;
	u64 one = a->now, other = b->now;
	const char *name = "time";

	for (; one == other && row->name; row++) {
		one = *(const u64 *)(const void *)((const char *)&a->counters + row->offset);
		other = *(const u64 *)(const void *)((const char *)&b->counters + row->offset);
		name = row->name;
	}
	if (one == other)
		return true;
	print_error("%s, %s: %s is %llu unwatched, %llu watched\n", a->config.kernel->name, what,
		    name, (unsigned long long)one, (unsigned long long)other);
	return false;
}

/* -- random work ----------------------------------------------------------------------------- */

/* One cpu and plain page tables: for others there is no short way. */
static struct machine_config config_of(const struct kernel *kernel, u64 seed, bool watched)
{
	struct machine_config config = workload_config(kernel, seed, 0, 1);

	config.pae = config.highpte = false;
	config.events = watched;
	return config;
}

static bool same_steps(struct workload *quiet, struct workload *watched, u64 seed)
{
	u64 rng = seed ^ 0x9e3779b9;
	char what[160];

	for (u32 i = 0; i < STEPS; i++) {
		struct step s = workload_step(&rng);

		if (!workload_do(quiet, &s) || !workload_do(watched, &s))
			return false;
		workload_print_op(&quiet->op, what, sizeof(what));
		if (!same_figures(quiet->m, watched->m, what))
			return false;
		if (i % 100 == 0 && !same_dump(quiet->m, watched->m))
			return false;
	}
	return same_dump(quiet->m, watched->m);
}

static bool random_work_on(const struct kernel *kernel, void *arg)
{
	bool ok = true;

	for (u64 seed = 1; ok && seed <= SEEDS; seed++) {
		struct machine_config plain = config_of(kernel, seed, false);
		struct machine_config seen = config_of(kernel, seed, true);
		struct workload quiet, watched;

		ok = workload_begin(&quiet, &plain) && workload_begin(&watched, &seen) &&
		     same_steps(&quiet, &watched, seed);
		if (!ok)
			print_error("%s, seed %llu %s%s\n", kernel->name, (unsigned long long)seed,
				    quiet.why, watched.why);
		workload_end(&quiet);
		workload_end(&watched);
	}
	return ok;
}

static void test_random_work(void **state)
{
	assert_int_equal(workload_kernels(random_work_on, NULL), 0);
}

/* -- a small fork storm ---------------------------------------------------------------------- */

/* Does the next child that goes come from the front, from the back, from anywhere? */
enum order { YOUNGEST, OLDEST, MIXED };

struct pair {
	struct machine *quiet, *watched;
	bool same;
};

static s64 both(struct pair *p, struct op op)
{
	struct op other = op;

	if (!p->same)
		return 0;
	p->same = op_run(p->quiet, &op) && op_run(p->watched, &other) && op.ret == other.ret &&
		  op.error == other.error &&
		  same_figures(p->quiet, p->watched, op_rows[op.kind].name);
	return op.ret;
}

/* Memory of its own and shared memory of a file, all of it dirty; then some of it in swap. */
static u16 parent_of(struct pair *p)
{
	u16 pid = (u16)both(p, (struct op){ .kind = OP_TASK, .text = "parent" });
	u64 file = (u64)both(p, (struct op){ .kind = OP_FILE, .arg = { 40 * PAGE_SIZE },
					     .text = "file" });

	both(p, (struct op){ .kind = OP_MMAP, .pid = pid,
			     .arg = { AT, 300 * PAGE_SIZE, 3, 0x12 } });
	both(p, (struct op){ .kind = OP_MMAP, .pid = pid,
			     .arg = { FILE_AT, 40 * PAGE_SIZE, 3, 0x11, file } });
	both(p, (struct op){ .kind = OP_TOUCH, .pid = pid, .arg = { AT, 300 * PAGE_SIZE, 1 } });
	both(p, (struct op){ .kind = OP_TOUCH, .pid = pid,
			     .arg = { FILE_AT, 40 * PAGE_SIZE, 1 } });
	both(p, (struct op){ .kind = OP_RECLAIM, .arg = { 60 } });
	both(p, (struct op){ .kind = OP_TOUCH, .pid = pid,
			     .arg = { AT + 100 * PAGE_SIZE, 100 * PAGE_SIZE, 0 } });
	return pid;
}

static u32 next_to_go(enum order order, u32 left, u32 turn)
{
	if (order == MIXED)
		return turn * 7 % left;
	return order == OLDEST ? 0 : left - 1;
}

/* Children, some of which write a little, then reclaim, and all of them gone. */
static void rage(struct pair *p, u16 parent, enum order order)
{
	u16 pids[CHILDREN];
	u32 i, left, who;

	for (i = 0; i < CHILDREN; i++) {
		pids[i] = (u16)both(p, (struct op){ .kind = OP_FORK, .pid = parent,
						    .text = "child" });
		if (i % 5 == 0)
			both(p, (struct op){ .kind = OP_TOUCH, .pid = pids[i],
					     .arg = { AT + i * PAGE_SIZE, 3 * PAGE_SIZE, i % 2 } });
	}
	both(p, (struct op){ .kind = OP_RECLAIM, .arg = { 20 } });
	for (left = CHILDREN; left; left--) {
		who = next_to_go(order, left, left);
		both(p, (struct op){ .kind = OP_EXIT, .pid = pids[who] });
		memmove(&pids[who], &pids[who + 1], (left - who - 1) * sizeof(*pids));
	}
}

static bool storm_on(const struct kernel *kernel, void *arg)
{
	struct machine_config config = { .kernel = kernel, .ram = 8u << 20, .swap = 4u << 20,
					 .cpus = 1, .seed = 1, .page_cluster = -1, .truth = true };
	const char *why;
	struct pair p = { .quiet = machine_create(&config, &why), .same = true };
	u16 parent;

	config.events = true;
	p.watched = machine_create(&config, &why);
	assert_non_null(p.quiet);
	assert_non_null(p.watched);
	parent = parent_of(&p);
	for (enum order order = YOUNGEST; order <= MIXED; order++) {
		rage(&p, parent, order);
		p.same = p.same && same_dump(p.quiet, p.watched);
	}
	machine_destroy(p.quiet);
	machine_destroy(p.watched);
	return p.same;
}

static void test_storm(void **state)
{
	assert_int_equal(workload_kernels(storm_on, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_random_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
