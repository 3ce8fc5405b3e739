/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations on machines of 64 to 1,024 frames, everything checked after each of them: no
 * broken invariant, no lost content, rmap equal to the oracle, and nothing left over when all is
 * over. And with a check after every event on machines of 64 frames.
 *
 *	t450_random [SEED [SEEDS [OPS [FRAMES [CPUS]]]]]     one run of its own, for looking into
 *	t450_random --log SEED OPS FRAMES CPUS STRESS        every event and the dump, to stdout
 *	KERNEL=NAME   this kernel alone; otherwise each there is, one after the other
 *	SOAK=1        20 seeds of 200,000 operations instead of 4 of 10,000
 *
 * A failing list of steps is shrunk before it is printed.
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

/* check() compares every rmap with its own walk each time; the oracle is a second opinion. */
#define ORACLE_EVERY 1000
#define SHRINK_RUNS 400
#ifdef __SANITIZE_ADDRESS__
#define SEEDS 1 /* of each kernel: five times as slow, and what it looks for is not rare */
#else
#define SEEDS 4
#endif

struct plan {
	const struct kernel *kernel;
	u64 seed;
	u32 seeds, ops, frames, cpus;
	bool every_event;
};

static struct machine_config config_of(const struct plan *p)
{
	struct machine_config config = workload_config(p->kernel, p->seed, p->frames, p->cpus);

	config.check_every_event = config.events = p->every_event;
	return config;
}

static bool do_steps(struct workload *w, const struct plan *p, const struct step *steps, u32 n)
{
	struct machine_config config = config_of(p);
	u32 i;

	if (!workload_begin(w, &config))
		return false;
	for (i = 0; i < n; i++) {
		if (!workload_do(w, &steps[i]) || !workload_check(w))
			return false;
		if (i % ORACLE_EVERY == 0 && !workload_check_oracle(w))
			return false;
	}
	return workload_wind_down(w);
}

static struct step *make_steps(u64 seed, u32 n)
{
	struct step *steps = malloc(n * sizeof(*steps));
	u32 i;

	assert_non_null(steps);
	seed ^= 0x5eed;
	for (i = 0; i < n; i++)
		steps[i] = workload_step(&seed);
	return steps;
}

/* Leave out stretches of steps for as long as it still fails. */
static u32 shrink(const struct plan *p, struct step *steps, u32 n)
{
	struct step *fewer = malloc(n * sizeof(*fewer));
	u32 runs = 0, size, at;
	struct workload w;
	bool ok;

	assert_non_null(fewer);
	for (size = (n + 1) / 2; size && runs < SHRINK_RUNS; size = size > 1 ? (size + 1) / 2 : 0) {
		for (at = 0; at + size <= n && runs < SHRINK_RUNS; runs++) {
			memcpy(fewer, steps, at * sizeof(*steps));
			memcpy(fewer + at, steps + at + size, (n - at - size) * sizeof(*steps));
			ok = do_steps(&w, p, fewer, n - size);
			workload_end(&w);
			if (ok) {
				at += size;
			} else {
				n -= size;
				memcpy(steps, fewer, n * sizeof(*steps));
			}
		}
	}
	free(fewer);
	return n;
}

static void print_list(const struct plan *p, const struct step *steps, u32 n)
{
	struct machine_config config = config_of(p);
	struct workload w;
	char text[200];
	u32 i;

	if (workload_begin(&w, &config)) {
		for (i = 0; i < n; i++) {
			struct op op = workload_op(&w, &steps[i]);

			workload_print_op(&op, text, sizeof(text));
			print_message("#   %s\n", text);
			if (!workload_do(&w, &steps[i]) || !workload_check(&w))
				break;
		}
	}
	print_message("# %s\n", w.why);
	workload_end(&w);
}

static void explain(const struct plan *p, struct step *steps, u32 n, const char *why)
{
	print_message("# %s seed %llu, %u frames, %u cpus: %s\n# shrunk:\n", p->kernel->name,
		      (unsigned long long)p->seed,
		      (u32)(config_of(p).ram >> PAGE_SHIFT), config_of(p).cpus, why);
	n = shrink(p, steps, n);
	print_list(p, steps, n);
}

static bool one_seed(const struct plan *p)
{
	struct step *steps = make_steps(p->seed, p->ops);
	struct workload w;
	bool ok = do_steps(&w, p, steps, p->ops);
	u64 ops = w.ops;

	if (ok)
		print_message("# %s seed %llu: %u frames, %u cpus, %llu ops, pswpout %llu, "
			      "pgsteal %llu, oom %llu, time %llu ms\n", p->kernel->name,
			      (unsigned long long)p->seed, w.m->nr_frames, w.m->config.cpus,
			      (unsigned long long)ops, (unsigned long long)w.m->counters.pswpout,
			      (unsigned long long)w.m->counters.pgsteal,
			      (unsigned long long)w.m->counters.oom_kills,
			      (unsigned long long)(w.m->now / 1000000));
	if (!ok)
		workload_trace(&w);
	workload_end(&w);
	if (!ok)
		explain(p, steps, (u32)ops, w.why);
	free(steps);
	return ok;
}

static bool run_on(const struct kernel *kernel, void *arg)
{
	struct plan p = *(const struct plan *)arg;
	u64 end = p.seed + p.seeds;
	u32 failed = 0;

	p.kernel = kernel;
	for (; p.seed < end; p.seed++)
		failed += !one_seed(&p);
	return !failed;
}

static void run(struct plan p)
{
	assert_int_equal(workload_kernels(run_on, &p), 0);
}

static bool soak(void)
{
	return getenv("SOAK") != NULL;
}

static void checked_after_every_operation(void **state)
{
	run((struct plan){ .seed = 1, .seeds = soak() ? 20 : SEEDS,
			   .ops = soak() ? 200000 : 10000 });
}

static void checked_after_every_event(void **state)
{
	run((struct plan){ .seed = 101, .seeds = soak() ? 20 : SEEDS, .ops = 2000, .frames = 64,
			   .every_event = true });
}

static u32 number(int argc, char **argv, int i, u32 otherwise)
{
	return argc > i ? (u32)strtoul(argv[i], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checked_after_every_operation),
		cmocka_unit_test(checked_after_every_event),
	};
	struct plan p = {
		.kernel = workload_kernel(),
		.seed = number(argc, argv, 1, 0), .seeds = number(argc, argv, 2, 1),
		.ops = number(argc, argv, 3, 10000), .frames = number(argc, argv, 4, 0),
		.cpus = number(argc, argv, 5, 0), .every_event = getenv("EVERY_EVENT") != NULL,
	};
	u32 failed = 0;

	if (argc > 1 && !strcmp(argv[1], "--log")) {
		struct machine_config config =
			workload_config(workload_kernel(), number(argc, argv, 2, 1),
					number(argc, argv, 4, 128), number(argc, argv, 5, 1));

		config.stress = number(argc, argv, 6, 0);
		return workload_log(&config, number(argc, argv, 3, 1000));
	}
	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	for (; p.seeds--; p.seed++)
		failed += !one_seed(&p);
	return failed != 0;
}
