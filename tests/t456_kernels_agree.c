/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All kernels, one machine each: the same random operations at the same addresses, and after each
 * of them the same words, errors and signals, and page by page the same mapped with the same
 * rights. What history made different is in lockstep_exceptions.c, by name and version, and is
 * counted here. See lockstep.h.
 *
 *	t456_kernels_agree [SEED [SEEDS [OPS]]]    one run of its own, for looking into
 *	KERNEL=NAME   this kernel and the last one alone
 *	SOAK=1        20 seeds of 50,000 operations instead of 4 of 3,000
 *
 * A failing list of operations is shrunk before it is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lockstep.h"
#include "workload.h"

#define COMPARE_EVERY 60
#define CHECK_EVERY 500
#define SHRINK_RUNS 150
#define MAX_PRINTED 60u

static struct lockstep l;

static bool do_step(u64 step, u32 i)
{
	return lockstep_do(&l, step) &&
	       (i % COMPARE_EVERY || lockstep_compare(&l)) &&
	       (i % CHECK_EVERY || lockstep_check(&l));
}

/* Returns how many were made without a mistake; n: all. */
static u32 do_steps(u64 seed, const u64 *steps, u32 n)
{
	u32 i;

	if (!lockstep_begin(&l, seed))
		return 0;
	for (i = 0; i < n; i++)
		if (!do_step(steps[i], i + 1))
			return i;
	return lockstep_compare(&l) && lockstep_check(&l) ? n : n - 1;
}

static u64 *make_steps(u64 seed, u32 n)
{
	u64 *steps = malloc(n * sizeof(*steps)), state = seed ^ 0x456;
	u32 i;

	assert_non_null(steps);
	for (i = 0; i < n; i++)
		steps[i] = workload_random(&state);
	return steps;
}

static bool fails(u64 seed, const u64 *steps, u32 n)
{
	bool ok = do_steps(seed, steps, n) == n;

	lockstep_end(&l);
	return !ok;
}

/* Leave out stretches of steps for as long as it still fails. */
static u32 shrink(u64 seed, u64 *steps, u32 n)
{
	u64 *fewer = malloc(n * sizeof(*fewer));
	u32 runs, size = (n + 1) / 2, at = 0;

	assert_non_null(fewer);
	for (runs = 0; runs < SHRINK_RUNS && size; runs++) {
		if (at + size > n) {
			size = size > 1 ? (size + 1) / 2 : 0;
			at = 0;
			continue;
		}
		memcpy(fewer, steps, at * sizeof(*steps));
		memcpy(fewer + at, steps + at + size, (n - at - size) * sizeof(*steps));
		if (fails(seed, fewer, n - size)) {
			n -= size;
			memcpy(steps, fewer, n * sizeof(*steps));
		} else {
			at += size;
		}
	}
	free(fewer);
	return n;
}

static void explain(u64 seed, u64 *steps, u32 n)
{
	char text[160];
	u32 i;

	print_message("# seed %llu: %s\n# shrunk:\n", (unsigned long long)seed, l.why);
	lockstep_end(&l);
	n = shrink(seed, steps, n);
	if (lockstep_begin(&l, seed))
		for (i = 0; i < n && do_step(steps[i], n); i++) {
			workload_print_op(&l.t.call.op, text, sizeof(text));
			if (n <= MAX_PRINTED)
				print_message("#   %s\n", text);
		}
	if (!l.why[0] && lockstep_compare(&l))
		lockstep_check(&l);
	print_message("# %s\n", l.why);
}

static bool one_seed(u64 seed, u32 ops)
{
	u64 *steps = make_steps(seed, ops);
	u32 done = do_steps(seed, steps, ops);

	if (done == ops)
		print_message("# seed %llu: %u kernels, %u frames, %u cpus: %llu operations, %llu "
			      "words of pages; on the last %llu pages written to swap, %llu "
			      "killed\n", (unsigned long long)seed, l.n, l.m[0]->nr_frames,
			      l.m[0]->config.cpus, (unsigned long long)l.ops,
			      (unsigned long long)l.compared,
			      (unsigned long long)l.m[l.n - 1]->counters.pswpout,
			      (unsigned long long)l.m[l.n - 1]->counters.oom_kills);
	else
		explain(seed, steps, done + 1);
	lockstep_end(&l);
	free(steps);
	return done == ops;
}

static bool run(u64 seed, u32 seeds, u32 ops)
{
	u32 failed = 0;

	for (; seeds--; seed++)
		failed += !one_seed(seed, ops);
	lockstep_print_excused();
	return !failed;
}

static void all_kernels_agree(void **state)
{
	bool soak = getenv("SOAK") != NULL;

	assert_true(run(1, soak ? 20 : 4, soak ? 50000 : 3000));
}

static u32 number(int argc, char **argv, int i, u32 otherwise)
{
	return argc > i ? (u32)strtoul(argv[i], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_kernels_agree) };

	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	return !run(number(argc, argv, 1, 1), number(argc, argv, 2, 1),
		    number(argc, argv, 3, 3000));
}
