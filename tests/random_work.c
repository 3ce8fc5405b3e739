/* SPDX-License-Identifier: GPL-2.0-only */
/* Seeds of random operations, and what is left of one that fails: see random_work.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_work.h"
#include "workload.h"

/* check() compares every rmap with its own walk each time; the oracle is a second opinion. */
#define ORACLE_EVERY 1000
#define SHRINK_RUNS 400

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

bool random_seed(const struct plan *p)
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
		failed += !random_seed(&p);
	return !failed;
}

void random_run(struct plan p)
{
	if (getenv("SOAK"))
		p.seeds = 20;
	assert_int_equal(workload_kernels(run_on, &p), 0);
}
