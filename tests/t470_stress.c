/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stress: two cpus (four in every tenth seed), processes that fault, fork, map and exit at the same
 * time, beside kswapd and under memory pressure, and at every scheduling point a seeded coin that
 * may take the cpu away.
 * 4,000 seeds, shared by the kernels; all invariants are checked after each round, and in every
 * 25th seed after every event; at the end nothing is left over.
 *
 *	t470_stress [SEED [SEEDS [ROUNDS]]]     a run of its own, for looking into
 *	KERNEL=NAME   this kernel alone
 *	SOAK=1        20,000 seeds each
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mm/mm.h"
#include "workload.h"

#define AT 0x40000000u
#define AT_ONCE 5 /* processes, and the machine's own thread */
#define ROUNDS 24
#ifdef __SANITIZE_ADDRESS__
#define SEEDS 800
#else
#define SEEDS 4000 /* of all kernels together */
#endif
#define CHECK_EVERY 25

struct plan {
	const struct kernel *kernel;
	u64 seed;
	u32 seeds, rounds;
};

static struct machine_config config_of(const struct kernel *kernel, u64 seed)
{
	struct machine_config config = workload_config(kernel, seed, seed % 3 ? 64 : 96,
						       seed % 10 ? 2 : 4);

	config.swap = seed % 16 ? config.ram * (seed % 4 ? 1 : 2) : 0;
	config.stress = 2 + seed % 11;
	config.check_every_event = config.events = config.ram <= 64 * PAGE_SIZE &&
						   seed % CHECK_EVERY == 0;
	return config;
}

/* Calls on mappings, but no mlock: it copies pages of a file, and when another process writes the
 * file at this moment both contents are right. And nobody truncates: 2.5.27 loses the race with a
 * fault (see mm/truncate.c). */
#define MLOCK_STEP 8

static void no_mlock(struct step *s)
{
	if (s->r[4] / 32 % 16 == MLOCK_STEP)
		s->r[4] ^= 32;
}

/* Faults above all, mostly over whole mappings and mostly writes (see op_range and op_touch in
 * workload.c), and whatever changes who maps what. */
static struct step stress_step(u64 *rng, u32 who)
{
	static const u8 what[] = {
		5, 5, 7, 8, 10, 21, 22, 30, 40, 60, 70,
		72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 88, 95, 97,
		101, 101, 101,
	};
	struct step s = workload_step(rng);

	s.what = what[s.what % ARRAY_SIZE(what)];
	s.r[0] = who;
	if (s.what == 101)
		no_mlock(&s);
	if (s.what >= 72 && s.what < 86) {
		s.r[5] |= s.r[3] % 4 ? 6 : 0;
		s.r[5] |= s.r[4] % 2;
	}
	return s;
}

static bool must(struct workload *w, struct op op)
{
	op_run(w->m, &op);
	return workload_done(w, &op) && !op.error;
}

/* A process whose memory takes a third of the machine, a file that it maps, and a child. */
static bool set_up(struct workload *w)
{
	u64 pages = w->m->nr_frames / 3, len = pages << PAGE_SHIFT;

	return must(w, (struct op){ .kind = OP_TASK, .text = "parent" }) &&
	       must(w, (struct op){ .kind = OP_FILE, .arg = { 12 * PAGE_SIZE }, .text = "file" }) &&
	       must(w, (struct op){ .kind = OP_MMAP, .pid = (u16)w->pids[0],
				    .arg = { AT, len, PROT_READ | PROT_WRITE,
					     MAP_PRIVATE | MAP_FIXED } }) &&
	       must(w, (struct op){ .kind = OP_MMAP, .pid = (u16)w->pids[0],
				    .arg = { 0, 10 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
					     1 } }) &&
	       must(w, (struct op){ .kind = OP_TOUCH, .pid = (u16)w->pids[0],
				    .arg = { AT, len, 1 } }) &&
	       must(w, (struct op){ .kind = OP_FORK, .pid = (u16)w->pids[0], .text = "child" });
}

/* Every fourth round a swap area is added or emptied meanwhile. */
static bool swap_comes_or_goes(struct workload *w, u64 *rng, struct op *op)
{
	struct step s = workload_step(rng);

	*op = (struct op){ .pid = 0 };
	op_swap_area(w, op, &s);
	return s.what % 4 == 0 && op_post(w->m, op);
}

/* Post one operation for each process, and one for nobody now and then; run; judge them all. */
static bool one_round(struct workload *w, u64 *rng)
{
	struct op ops[AT_ONCE + 1];
	bool posted[AT_ONCE + 1] = { false };
	u32 i, n = w->nr_pids < AT_ONCE ? w->nr_pids : AT_ONCE;

	for (i = 0; i < n; i++) {
		struct step s = stress_step(rng, i);

		ops[i] = workload_op(w, &s);
		posted[i] = op_post(w->m, &ops[i]);
		w->op = ops[i];
	}
	if (!n) {
		struct step s = workload_step(rng);

		return workload_do(w, &s);
	}
	posted[AT_ONCE] = swap_comes_or_goes(w, rng, &ops[AT_ONCE]);
	w->ops++;
	op_run_posted(w->m);
	if (!workload_check(w))
		return false;
	if (posted[AT_ONCE] && !workload_done(w, &ops[AT_ONCE]))
		return false;
	for (i = 0; i < n; i++)
		if (posted[i] && !workload_done(w, &ops[i]))
			return false;
	return true;
}

static bool one_seed(const struct plan *p, u64 seed, u64 *preempted)
{
	struct machine_config config = config_of(p->kernel, seed);
	struct workload w;
	u64 rng = seed;
	bool ok;
	u32 i;

	ok = workload_begin(&w, &config) && set_up(&w);
	for (i = 0; i < p->rounds && ok; i++)
		ok = one_round(&w, &rng);
	ok = ok && workload_wind_down(&w);
	if (!ok)
		print_message("# %s seed %llu, round %u, stress %u: %s\n", p->kernel->name,
			      (unsigned long long)seed, i, config.stress, w.why);
	if (!ok)
		workload_trace(&w);
	if (getenv("VERBOSE") && w.m)
		print_message("# seed %llu: %u processes, %llu faults, %llu cow, %llu swapped out, "
			      "%llu points, %llu switches, %llu missed trylocks, %llu oom\n",
			      (unsigned long long)seed, w.nr_pids,
			      (unsigned long long)w.m->counters.pgfault,
			      (unsigned long long)w.m->counters.pgcow,
			      (unsigned long long)w.m->counters.pswpout,
			      (unsigned long long)w.m->counters.sched_points,
			      (unsigned long long)w.m->counters.context_switches,
			      (unsigned long long)w.m->counters.rmap_trylock_failed,
			      (unsigned long long)w.m->counters.oom_kills);
	*preempted += w.m ? w.m->counters.context_switches : 0;
	workload_end(&w);
	return ok;
}

static u32 run(const struct plan *p)
{
	u64 seed, switches = 0;
	u32 failed = 0;

	for (seed = p->seed; seed < p->seed + p->seeds && failed < 3; seed++)
		failed += !one_seed(p, seed, &switches);
	print_message("# %s: %u seeds, %llu switches\n", p->kernel->name, (u32)(seed - p->seed),
		      (unsigned long long)switches);
	return failed;
}

static bool run_on(const struct kernel *kernel, void *arg)
{
	struct plan *p = arg;

	p->kernel = kernel;
	return run(p) == 0;
}

static void no_broken_invariant_under_stress(void **state)
{
	u32 kernel_count = 0;
	struct plan p = { .seed = 1, .rounds = ROUNDS };

	while (kernels[kernel_count])
		kernel_count++;
	p.seeds = getenv("SOAK") ? 20000 : SEEDS / kernel_count;
	assert_int_equal(workload_kernels(run_on, &p), 0);
}

static u32 number(int argc, char **argv, int i, u32 otherwise)
{
	return argc > i ? (u32)strtoul(argv[i], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_broken_invariant_under_stress),
	};
	struct plan p = {
		.kernel = workload_kernel(),
		.seed = number(argc, argv, 1, 1), .seeds = number(argc, argv, 2, 1),
		.rounds = number(argc, argv, 3, ROUNDS),
	};

	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	return run(&p) != 0;
}
