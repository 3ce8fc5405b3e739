/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The modelled kernels against the one this test runs on: random mmap, munmap, mprotect, mremap,
 * madvise, mlock, brk, fork, loads and stores, as operations of a machine and as real system calls
 * of real processes, compared after each of them. See twin.h; what is known to differ is in
 * twin_exceptions.c and nowhere else.
 *
 *	t455_host_kernel [SEED [SEEDS [OPS [KERNEL]]]]    one run of its own, for looking into
 *	TRACE=1       prints each operation before it is made
 *	SOAK=1        every kernel, 10 seeds of 100,000 operations, instead of the last two kernels,
 *	              2 seeds of 10,000
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
#include <time.h>

#include <cmocka.h>

#include "twin.h"
#include "workload.h"

#define WORDS_EVERY 1000
#define SHRINK_SECONDS 60
#define MAX_PRINTED 40u

struct plan {
	const struct kernel *kernel;
	u64 seed;
	u32 ops;
};

static struct twin t;

/* Returns how many were made without a mistake; n: all. */
static u32 do_steps(const struct plan *p, const u64 *steps, u32 n)
{
	u32 i;

	if (!twin_begin(&t, p->kernel, p->seed))
		return 0;
	for (i = 0; i < n; i++)
		if (!twin_do(&t, steps[i]) ||
		    (i % WORDS_EVERY == 0 && !(twin_compare(&t) && twin_compare_words(&t))))
			return i;
	return twin_compare(&t) && twin_compare_words(&t) ? n : n - 1;
}

static u64 *make_steps(const struct plan *p)
{
	u64 *steps = malloc(p->ops * sizeof(*steps)), state = p->seed ^ 0x7717;
	u32 i;

	assert_non_null(steps);
	for (i = 0; i < p->ops; i++)
		steps[i] = workload_random(&state);
	return steps;
}

/* Leave out stretches of steps for as long as an operation of that kind fails. */
static u32 shrink(const struct plan *p, u64 *steps, u32 n, u8 kind)
{
	u64 *fewer = malloc(n * sizeof(*fewer));
	u32 size = (n + 1) / 2, at = 0, done;
	time_t end = time(NULL) + SHRINK_SECONDS;

	assert_non_null(fewer);
	while (time(NULL) < end) {
		if (at + size > n) {
			if (size == 1)
				break;
			size = (size + 1) / 2;
			at = 0;
			continue;
		}
		memcpy(fewer, steps, at * sizeof(*steps));
		memcpy(fewer + at, steps + at + size, (n - at - size) * sizeof(*steps));
		done = do_steps(p, fewer, n - size);
		twin_end(&t);
		if (done < n - size && t.call.op.kind == kind) {
			n = done + 1;
			memcpy(steps, fewer, n * sizeof(*steps));
		} else {
			at += size;
		}
	}
	free(fewer);
	return n;
}

static void print_list(const struct plan *p, const u64 *steps, u32 n)
{
	bool ok = twin_begin(&t, p->kernel, p->seed);
	char text[200];
	u32 i;

	for (i = 0; ok && i < n; i++) {
		ok = twin_do(&t, steps[i]);
		workload_print_op(&t.made, text, sizeof(text));
		if (n <= MAX_PRINTED || i >= n - MAX_PRINTED)
			print_message("#   %s\n", text);
	}
	if (ok && twin_compare(&t))
		twin_compare_words(&t);
	print_message("# %s\n", t.why);
	twin_end(&t);
}

static bool one_seed(const struct plan *p)
{
	u64 *steps = make_steps(p);
	u32 done = do_steps(p, steps, p->ops);
	bool ok = done == p->ops, begun = t.ops > 0;
	u8 kind = t.call.op.kind;

	if (ok)
		print_message("# %s, seed %llu: %llu operations, %u frames, pswpout %llu, %llu "
			      "not made: they would lock too much\n", p->kernel->name,
			      (unsigned long long)p->seed, (unsigned long long)t.ops,
			      t.m->nr_frames, (unsigned long long)t.m->counters.pswpout,
			      (unsigned long long)t.not_locked);
	else
		print_message("# seed %llu: %s\n", (unsigned long long)p->seed, t.why);
	twin_end(&t);
	if (!ok && begun) {
		done = shrink(p, steps, done + 1 < p->ops ? done + 1 : p->ops, kind);
		print_message("# shrunk to %u:\n", done);
		print_list(p, steps, done);
	}
	free(steps);
	return ok;
}

static u32 some_kernels(u32 last, u32 seeds, u32 ops)
{
	u32 nr = 0, i, failed = 0;
	u64 seed;

	while (kernels[nr])
		nr++;
	for (i = nr > last ? nr - last : 0; i < nr; i++)
		for (seed = 1; seed <= seeds; seed++)
			failed += !one_seed(&(struct plan){ kernels[i], seed, ops });
	twin_print_excused();
	return failed;
}

static void agree_with_this_kernel(void **state)
{
	struct hostvm host;
	const char *why = hostvm_start(&host, 4096);

	if (why) {
		print_message("# no real kernel to compare with: %s\n", why);
		skip();
	}
	if (!host.heap)
		print_message("# the break cannot be moved here: no brk\n");
	if (!host.memlock)
		print_message("# no memory can be locked here: no mlock\n");
	hostvm_stop(&host);
	if (getenv("SOAK"))
		assert_int_equal(some_kernels(UINT32_MAX, 10, 100000), 0);
	else
		assert_int_equal(some_kernels(2, 2, 10000), 0);
}

static u32 number(int argc, char **argv, int i, u32 otherwise)
{
	return argc > i ? (u32)strtoul(argv[i], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(agree_with_this_kernel) };
	struct plan p = { .seed = number(argc, argv, 1, 1), .ops = number(argc, argv, 3, 10000) };
	u32 seeds = number(argc, argv, 2, 1), failed = 0, i;

	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	for (i = 0; kernels[i]; i++)
		if (argc < 5 || !strcmp(kernels[i]->name, argv[4]))
			for (p.kernel = kernels[i]; seeds--; p.seed++)
				failed += !one_seed(&p);
	twin_print_excused();
	return failed != 0;
}
