/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations on machines that are short of memory all the time: the address spaces come to
 * four times the RAM, swap is nearly full, areas of it come and go, several processes work at once,
 * requests for pages fail, and in the second half disks do. After each round everything is checked;
 * nothing is lost but by the errata of a row, and nothing is left over when all is over.
 *
 *	t452_pressure [SEED [SEEDS [OPS [DISKS_FAIL]]]]     one run of its own, for looking into
 *	KERNEL=NAME   this kernel alone
 *	SOAK=1        20 seeds of 100,000 operations instead of 2 of 5,000
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels.h"
#include "mm/mm.h"
#include "pressure.h"

#ifdef __SANITIZE_ADDRESS__
#define SEEDS 1
#define NR_OF_OPS 2500
#else
#define SEEDS 2
#define NR_OF_OPS 5000
#endif

struct seeds {
	u64 seed;
	u32 seeds, ops;
	bool disks_fail;
};

static void print_pressure(const struct pressure *p)
{
	const struct pressure_seen *seen = &p->seen;
	const struct counters *c = &p->w.m->counters;
	u64 n = seen->samples ? seen->samples : 1;

	print_message("# %s seed %llu: %u frames, %u cpus, stress %u; swap full to %u.%u/%llu.%llu/"
		      "%u.%u %%, virtual %llu %%; stalls %llu, pswpout %llu, alloc errors %llu, "
		      "ENOMEM %u, oom %llu, processes %llu; swapon %u, swapoff %u, full %u, "
		      "interrupted %u; %llu ms\n",
		      p->plan.kernel->name, (unsigned long long)p->plan.seed, p->w.m->nr_frames,
		      p->w.m->config.cpus, p->w.m->config.stress, seen->fill_min / 10,
		      seen->fill_min % 10, (unsigned long long)(seen->fill_sum / n / 10),
		      (unsigned long long)(seen->fill_sum / n % 10), seen->fill_max / 10,
		      seen->fill_max % 10, (unsigned long long)(seen->virtual_sum / n),
		      (unsigned long long)c->allocstall, (unsigned long long)c->pswpout,
		      (unsigned long long)c->alloc_errors, seen->refused,
		      (unsigned long long)c->oom_kills,
		      (unsigned long long)(seen->processes_sum / n), seen->swapons,
		      seen->swapoffs, seen->full, seen->interrupted,
		      (unsigned long long)(p->w.m->now / 1000000));
}

static void print_losses(const struct pressure *p)
{
	u32 i;

	print_message("#   %llu transfers failed",
		      (unsigned long long)p->w.m->counters.io_errors);
	for (i = 0; i < NR_OWN_ERRATA; i++)
		if (p->seen.lost[i])
			print_message(", %s %u", own_errata_names[i], p->seen.lost[i]);
	print_message("\n");
}

/* Whatever was lost, the row says that it loses it. */
static const char *not_its_own(const struct pressure *p)
{
	u32 i;

	for (i = 0; i < NR_OWN_ERRATA; i++)
		if (p->seen.lost[i] && !(p->plan.kernel->own_errata & OWN_ERRATUM(i)))
			return own_errata_names[i];
	return NULL;
}

static bool judge(const struct pressure *p)
{
	const char *none = pressure_was_none(p), *lost = not_its_own(p);

	if (none)
		print_message("# %s seed %llu: %s\n", p->plan.kernel->name,
			      (unsigned long long)p->plan.seed, none);
	if (lost)
		print_message("# %s seed %llu: lost by %s, which it has not\n",
			      p->plan.kernel->name, (unsigned long long)p->plan.seed, lost);
	return !none && !lost;
}

static bool one_seed(const struct pressure_plan *plan)
{
	struct pressure p;
	bool ok = pressure_run(&p, plan);

	if (p.w.m)
		print_pressure(&p);
	if (p.w.m && plan->disks_fail)
		print_losses(&p);
	if (!ok)
		print_message("# %s seed %llu: %s\n", plan->kernel->name,
			      (unsigned long long)plan->seed, p.w.why);
	if (!ok)
		workload_trace(&p.w);
	ok = ok && judge(&p);
	workload_end(&p.w);
	return ok;
}

static bool run_on(const struct kernel *kernel, void *arg)
{
	const struct seeds *s = arg;
	struct pressure_plan plan = {
		.kernel = kernel, .ops = s->ops, .disks_fail = s->disks_fail,
	};
	u32 failed = 0;

	for (plan.seed = s->seed; plan.seed < s->seed + s->seeds; plan.seed++)
		failed += !one_seed(&plan);
	return !failed;
}

/* A seed of each kernel, then the next one: a run that is broken off has seen them all. */
static u32 run(u64 first, u32 seeds, u32 ops, bool disks_fail)
{
	struct seeds s = { .seed = first, .seeds = 1, .ops = ops, .disks_fail = disks_fail };
	u32 failed = 0;

	for (; s.seed < first + seeds; s.seed++)
		failed += workload_kernels(run_on, &s);
	return failed;
}

static u32 seeds(void)
{
	return getenv("SOAK") ? 20 : SEEDS;
}

static u32 ops(void)
{
	return getenv("SOAK") ? 100000 : NR_OF_OPS;
}

static void nothing_is_lost(void **state)
{
	assert_int_equal(run(1, seeds(), ops(), false), 0);
}

static void nothing_but_what_the_row_lists(void **state)
{
	assert_int_equal(run(101, seeds(), ops(), true), 0);
}

/*
 * The one livelock that these kernels are known to have here (see swapoff_may_go_round), made
 * on purpose: 300 pages that two processes have in swap, on a machine of 256, and a linear swapoff
 * that nobody interrupts. When it comes to the second process the first has lost its pages again;
 * so the slots stay, and the next pass is as the last.
 */
#define SHARED_PAGES 300
#define AT 0x40000000u

static void run_op(struct workload *w, struct op op)
{
	assert_true(op_run(w->m, &op));
	assert_int_equal(op.error, 0);
	assert_true(workload_done(w, &op));
}

static void two_in_swap(struct workload *w)
{
	u64 len = SHARED_PAGES << PAGE_SHIFT;

	run_op(w, (struct op){ .kind = OP_TASK, .text = "parent" });
	run_op(w, (struct op){ .kind = OP_MMAP, .pid = (u16)w->pids[0],
			       .arg = { AT, len, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_FIXED } });
	run_op(w, (struct op){ .kind = OP_TOUCH, .pid = (u16)w->pids[0], .arg = { AT, len, 1 } });
	run_op(w, (struct op){ .kind = OP_FORK, .pid = (u16)w->pids[0], .text = "child" });
	run_op(w, (struct op){ .kind = OP_SWAPON, .arg = { 2 * len } });
}

static bool goes_round(const struct kernel *kernel)
{
	struct machine_config config = {
		.kernel = kernel, .ram = 256 << PAGE_SHIFT, .swap = 2 * SHARED_PAGES << PAGE_SHIFT,
		.cpus = 1, .page_cluster = 0, .truth = true, .swapoff = &swapoff_linear,
	};
	struct op op = { .kind = OP_SWAPOFF };
	struct workload w;
	bool named;

	assert_true(workload_begin(&w, &config));
	two_in_swap(&w);
	op_run(w.m, &op);
	w.op = op;
	named = !workload_whole(&w) && strstr(w.why, "livelock: threads go round") &&
		strstr(w.why, "swapoff (pid ") && strstr(w.why, "try_to_unuse, sys_swapoff");
	print_message("# %s: %s\n", kernel->name, named ? w.why : op_error_name(op.error));
	workload_end(&w);
	return named;
}

/* On the row that is nearest to the kernel of that swapoff; in the long run on all since 2.6. */
static void a_livelock_is_named(void **state)
{
	u32 i;

	for (i = 0; kernels[i]; i++)
		if (kernels[i] == &kernel_4_0 ||
		    (getenv("SOAK") && kernels[i]->mmap != &mmap_2002))
			assert_true(goes_round(kernels[i]));
}

static u32 number(int argc, char **argv, int i, u32 otherwise)
{
	return argc > i ? (u32)strtoul(argv[i], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost),
		cmocka_unit_test(nothing_but_what_the_row_lists),
		cmocka_unit_test(a_livelock_is_named),
	};

	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	return run(number(argc, argv, 1, 1), number(argc, argv, 2, 1),
		   number(argc, argv, 3, NR_OF_OPS), number(argc, argv, 4, 0)) != 0;
}
