/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When nothing can be reclaimed any more: wait and see, then kill. Up to 2.6.10 the kernel is
 * patient, because one failure may mean only that the disk is slow:
 *
 *	first failure        1 s          10 failures               kill
 *	     |---------------|----------------|----------------------|------------->
 *	     not yet          not yet          5 s since the last kill? then now
 *
 *	more than 5 s without a failure: all is forgotten
 *
 * As long as one swap slot is free it does not kill at all, up to 2.6.7. If memory is full of what
 * cannot be swapped (locked pages, page tables, slabs), an allocation then tries for ever in
 * 2.5.26; here it fails after ten seconds (mm/page_alloc.c). From 2.6.11 on __alloc_pages asks only
 * when a whole round of reclaim was for nothing, and then somebody dies at once.
 *
 * Whom it hits: the largest address space for the least work lost.
 *
 *	             total_vm (+ half of each child's: 2.6.16)
 *	points = -----------------------------------------------  x 2 niced, / 4 root, / 4 rawio
 *	          sqrt(cpu time / 8 s) x 4th root(age / 17 min)
 *
 * 4.0 throws all that away but root: what a process has in memory and in swap counts, and a number
 * that its owner may add.
 *
 * Source: mm/oom_kill.c of 2.5.26, 2.6.0, 2.6.5, 2.6.8, 2.6.9, 2.6.12, 4.0, and the commit "OOM
 * kill: children accounting" of February 2006; lib/int_sqrt.c.
 */
#include "kernels.h"
#include "i386/mmu.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "sim/truth.h"

#define SECOND 1000000000ull
#define TICK (SECOND / 1000) /* a jiffy of HZ 1000, up to 2.6.12; then HZ is 250: */
#define TICK_250 (SECOND / 250)
/* The same process was chosen again and again, and does not die of it. */
#define DEAF_KILLS 10

#define RULES (current->machine->vm->kernel->oom)

/* -- how bad is it? --------------------------------------------------------------------------- */

static const struct oom_rules *rules_of(const struct task_struct *p)
{
	return p->machine->vm->kernel->oom;
}

/* Up to 2.6.0: "very rough". Two bits of x for one of the root, 3 for 16, 1 for 2 and 3. */
static u32 int_sqrt_2002(u32 x)
{
	u32 out = x;

	for (; x & ~1u; x >>= 2)
		out >>= 1;
	if (x)
		out -= out >> 2;
	return out ? out : 1;
}

/* Later, in lib/int_sqrt.c: digit by digit, rounded down. 0 for 0. */
static u32 int_sqrt_2004(u32 x)
{
	u32 op = x, res = 0, one = 1u << 30;

	while (one > op)
		one >>= 2;
	for (; one; one /= 4) {
		if (op >= res + one) {
			op -= res + one;
			res += 2 * one;
		}
		res /= 2;
	}
	return res;
}

static void divide(u32 *points, u32 by)
{
	if (by)
		*points /= by;
}

/* What it forked counts against it, one generation deep: a server that floods the machine is to
 * go, not the child that happens to be the largest. Only half, or the one child that eats
 * everything would never be hit. */
static u32 half_of_children(const struct task_struct *p)
{
	const struct list_head *pos;
	u32 points = 0;

	list_for_each(pos, &p->machine->tasks) {
		const struct task_struct *child = list_entry(pos, struct task_struct, tasks);

		if (child->parent == p->pid && child->mm && child->mm != p->mm)
			points += child->mm->total_vm / 2 + 1;
	}
	return points;
}

/* Units of 2^20 ticks, or of 1,024 s. */
static u32 run_time(const struct task_struct *p)
{
	u64 now = p->machine->now;

	if (rules_of(p)->in_seconds)
		return (u32)((now / SECOND - p->start_time / SECOND) >> 10);
	return (u32)((now / TICK - p->start_time / TICK) >> 20);
}

static u32 badness(const struct task_struct *p)
{
	const struct oom_rules *rules = rules_of(p);
	u32 points, cpu_time = (u32)(thread_cpu_time(p) / TICK >> 13);

	if (!p->mm || (p->flags & PF_MEMDIE && rules->dying == OOM_PASSES_OVER))
		return 0;
	points = p->mm->total_vm;
	if (rules->half_of_children)
		points += half_of_children(p);
	divide(&points, rules->int_sqrt(cpu_time));
	divide(&points, rules->int_sqrt(rules->int_sqrt(run_time(p))));
	if (p->nice > 0)
		points *= 2;
	if (p->root)
		points /= 4;
	if (p->rawio)
		points /= 4;
	return p->oomkilladj > 0 ? points << p->oomkilladj : points >> -p->oomkilladj;
}

/* MM_SWAPENTS. 4.0 keeps the number; here it is counted when it is asked for. */
static u32 swap_entries(const struct machine *m, const struct mm_struct *mm)
{
	struct table_iter it;
	u32 n = 0;

	table_foreach(&it, m, mm_cr3(mm)) {
		const pte_t *table = it.base < TASK_SIZE ? table_of(m, it.pde) : NULL;

		for (u32 i = 0; table && i < ptrs_per_pte(m); i++) {
			pteval_t pte = entry_get(m, entry_at(m, table, i));

			n += !pte_none(pte) && !pte_present(pte) && !pte_file(pte);
		}
	}
	return n;
}

/* What would be free without it, in pages; 3 % off for root; and what its owner says, in
 * thousandths of everything there is. Never 0 for who can be killed. */
static u32 oom_badness(const struct task_struct *p)
{
	const struct machine *m = p->machine;
	const struct mm_struct *mm = p->mm;
	s64 points, totalpages;

	if (!mm || p->oomkilladj == OOM_SCORE_ADJ_MIN)
		return 0;
	totalpages = (s64)m->vm->total_memory + m->vm->total_swap_pages;
	points = (s64)mm_rss(mm) + mm->nr_ptes + (m->pae ? nr_directories(m) : 0) +
		 swap_entries(m, mm);
	if (p->root)
		points -= points * 3 / 100;
	points += p->oomkilladj * (totalpages / 1000);
	return points > 0 ? (u32)points : 1;
}

/*
 * A thread that stands for a program while it has something to do: swapoff(8), started by root,
 * when no process of the machine's was told to do it, or a worker. It can be killed as any other,
 * but what memory the program has is not modelled: whoever has a page of his own goes first.
 */
static bool stands_for_program(const struct task_struct *p)
{
	return p->state != TASK_IDLE && (p->flags & PF_WORKER || p == p->machine->vm->swapoff);
}

static u32 program_badness(const struct task_struct *p)
{
	return p->flags & PF_MEMDIE && rules_of(p)->dying == OOM_PASSES_OVER ? 0 : 1;
}

u32 task_badness(const struct task_struct *p)
{
	if (stands_for_program(p))
		return program_badness(p);
	return p->flags & PF_KTHREAD ? 0 : rules_of(p)->badness(p);
}

/* -- whom does it hit? ------------------------------------------------------------------------ */

/* It was killed, or is on its way out (2.6.11), and its memory is not free yet. */
static bool still_dying(const struct task_struct *p)
{
	u32 flags = PF_MEMDIE | (RULES->badness == badness ? PF_EXITING : 0);

	return RULES->dying == OOM_WAITS && p->flags & flags;
}

static bool out_of_reach(const struct task_struct *p)
{
	return (p->flags & PF_KTHREAD && !stands_for_program(p)) || p->state == TASK_ZOMBIE ||
	       (RULES->adj_min == OOM_DISABLE && p->oomkilladj == OOM_DISABLE);
}

/*
 * The worst; among equals the one with the lowest pid, which was made first. Where pid 1 is passed
 * over (2.6), here it is a thread of the kernel. *wait: one that was killed has not gone yet, and
 * 2.6.11 and later let it. 2.6: who runs swapoff wants memory for no good reason, and goes at once.
 * Told once, it may still wait for one who waits for memory, and the kernels hung; here others
 * follow.
 */
static struct task_struct *select_bad_process(bool *wait)
{
	struct task_struct *chosen = NULL;
	struct list_head *pos;
	u32 maxpoints = 0;

	list_for_each(pos, &current->machine->tasks) {
		struct task_struct *p = list_entry(pos, struct task_struct, tasks);
		bool swapoff = p->flags & PF_SWAPOFF && RULES->swapoff_first;

		if (swapoff && !(p->flags & PF_MEMDIE))
			return p;
		if (swapoff || out_of_reach(p))
			continue;
		if (still_dying(p))
			*wait = true;
		if (task_badness(p) <= maxpoints)
			continue;
		chosen = p;
		maxpoints = task_badness(p);
	}
	return chosen;
}

static struct task_struct *victim_itself(struct task_struct *p)
{
	return p;
}

/* The child of p, with memory of its own, that is worst; in 2.6.16 the one that was born first. */
static struct task_struct *worst_child(struct task_struct *p, bool first_will_do)
{
	struct task_struct *victim = NULL;
	struct list_head *pos;
	u32 most = 0;

	list_for_each(pos, &current->machine->tasks) {
		struct task_struct *child = list_entry(pos, struct task_struct, tasks);
		u32 points;

		if (child->parent != p->pid || !child->mm || child->mm == p->mm)
			continue;
		if (first_will_do)
			return child;
		points = task_badness(child);
		if (points > most) {
			victim = child;
			most = points;
		}
	}
	return victim;
}

/* 2.6.11: the parent lost the contest, and the work of a child is less of a loss. */
static struct task_struct *victim_first_child(struct task_struct *p)
{
	struct task_struct *child = worst_child(p, true);

	return child ? child : p;
}

static struct task_struct *victim_worst_child(struct task_struct *p)
{
	struct task_struct *child = worst_child(p, false);

	return child ? child : p;
}

/* -- the end ---------------------------------------------------------------------------------- */

/* The life of a process that is killed while it does nothing. It ends outside any operation, so
 * the content truth is told here. */
static void die(void *unused)
{
	(void)unused;
	if (current->machine->truth)
		truth_space_exit(current->machine->truth, current->pid);
	do_exit();
}

/* It may have all the memory that is left, so that it is through soon. Up to 2.6.10 one with
 * CAP_SYS_RAWIO got SIGTERM, to leave its hardware in order: nobody has a handler here. */
static void __oom_kill_task(struct task_struct *p, bool reserves)
{
	FN;

	if (reserves)
		p->flags |= PF_MEMDIE | (RULES->flag_memalloc ? PF_MEMALLOC : 0);
	p->killed = true;
	count(oom_kills);
	EV(OOM_KILL, p->pid);
	if (p->state == TASK_IDLE)
		thread_start(p, die, NULL);
}

/* And everybody who shares its memory: killed alone it would free nothing. */
static void oom_kill_task(struct task_struct *p)
{
	struct list_head *pos;

	__oom_kill_task(p, true);
	list_for_each(pos, &current->machine->tasks) {
		struct task_struct *q = list_entry(pos, struct task_struct, tasks);

		if (q != p && p->mm && q->mm == p->mm)
			__oom_kill_task(q, !RULES->only_one_reserves);
	}
}

static void give_way(void)
{
	if (!RULES->nap)
		yield();
	else if (!(current->flags & PF_MEMDIE))
		sleep_on_timeout(NULL, RULES->nap);
}

static void oom_kill(void)
{
	FN;
	bool wait = false;
	struct task_struct *p = select_bad_process(&wait);

	if (!wait && !p)
		panic("Out of memory and no killable processes...");
	if (!wait) {
		VM->oom.deaf = p->flags & PF_MEMDIE ? VM->oom.deaf + 1 : 0;
		if (VM->oom.deaf >= DEAF_KILLS)
			panic("Out of memory and the process that was killed cannot exit");
		oom_kill_task(RULES->victim(p));
	}
	give_way();
}

/* -- is it time? ------------------------------------------------------------------------------ */

static void start_anew(u64 now)
{
	if (now > VM->oom.first || !RULES->first_only_grows)
		VM->oom.first = now;
	VM->oom.count = 0;
}

/* The rules up to 2.6.10. */
static bool really_out_of_memory(u64 now)
{
	u64 since = now - VM->oom.last;

	VM->oom.last = now;
	if (since > 5 * SECOND) {
		start_anew(now);
		return false;
	}
	if (now - VM->oom.first < SECOND)
		return false;
	if (++VM->oom.count < 10)
		return false;
	return now - VM->oom.lastkill >= 5 * SECOND;
}

/* 4.0: who is to die anyhow needs no other's death, only memory to do it. */
static bool help_yourself(void)
{
	if (!RULES->dying_help_themselves || !(current->killed || current->flags & PF_EXITING))
		return false;
	current->flags |= PF_MEMDIE;
	return true;
}

void out_of_memory(void)
{
	FN;
	u64 now = current->machine->now;

	if (VM->no_oom || (RULES->swap_helps && VM->nr_swap_pages > 0) || help_yourself())
		return;
	if (RULES->patient && !really_out_of_memory(now))
		return;
	VM->oom.lastkill = now;
	oom_kill();
	start_anew(now);
}

const struct oom_rules oom_2002 = {
	.name = "2.5.26",
	.badness = badness,
	.int_sqrt = int_sqrt_2002,
	.victim = victim_itself,
	.dying = OOM_KILLS_AGAIN,
	.swap_helps = true,
	.patient = true,
	.flag_memalloc = true,
};

const struct oom_rules oom_2003 = {
	.name = "2.6.0",
	.badness = badness,
	.int_sqrt = int_sqrt_2002,
	.victim = victim_itself,
	.dying = OOM_PASSES_OVER,
	.swap_helps = true,
	.patient = true,
	.flag_memalloc = true,
	.first_only_grows = true,
	.swapoff_first = true,
};

const struct oom_rules oom_2004a = {
	.name = "2.6.5",
	.badness = badness,
	.int_sqrt = int_sqrt_2004,
	.victim = victim_itself,
	.dying = OOM_PASSES_OVER,
	.swap_helps = true,
	.patient = true,
	.flag_memalloc = true,
	.first_only_grows = true,
	.swapoff_first = true,
};

const struct oom_rules oom_2004b = {
	.name = "2.6.8",
	.badness = badness,
	.int_sqrt = int_sqrt_2004,
	.victim = victim_itself,
	.dying = OOM_PASSES_OVER,
	.patient = true,
	.flag_memalloc = true,
	.first_only_grows = true,
	.swapoff_first = true,
};

const struct oom_rules oom_2004c = {
	.name = "2.6.9",
	.badness = badness,
	.int_sqrt = int_sqrt_2004,
	.victim = victim_itself,
	.dying = OOM_PASSES_OVER,
	.patient = true,
	.flag_memalloc = true,
	.first_only_grows = true,
	.swapoff_first = true,
	.in_seconds = true,
};

const struct oom_rules oom_2006 = {
	.name = "2.6.16",
	.badness = badness,
	.int_sqrt = int_sqrt_2004,
	.victim = victim_first_child,
	.dying = OOM_WAITS,
	.in_seconds = true,
	.swapoff_first = true,
	.half_of_children = true,
	.nap = TICK_250,
	.adj_min = OOM_DISABLE,
	.adj_max = 15,
};

const struct oom_rules oom_2015 = {
	.name = "4.0",
	.badness = oom_badness,
	.victim = victim_worst_child,
	.dying = OOM_WAITS,
	.swapoff_first = true,
	.only_one_reserves = true,
	.dying_help_themselves = true,
	.nap = TICK_250,
	.adj_min = OOM_SCORE_ADJ_MIN,
	.adj_max = 1000,
};
