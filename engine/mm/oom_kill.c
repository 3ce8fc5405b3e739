/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When nothing can be reclaimed any more: wait and see, then kill. The kernel is patient, because
 * one failure may mean only that the disk is slow:
 *
 *	first failure        1 s          10 failures               kill
 *	     |---------------|----------------|----------------------|------------->
 *	     not yet          not yet          5 s since the last kill? then now
 *
 *	more than 5 s without a failure: all is forgotten
 *
 * As long as one swap slot is free it does not kill at all, up to 2.6.7. If memory is full of what
 * cannot be swapped (locked pages, page tables, slabs), an allocation then tries for ever in
 * 2.5.26; here it fails after ten seconds (mm/page_alloc.c).
 *
 * Source: 2.5.26 mm/oom_kill.c.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "sim/truth.h"

#define SECOND 1000000000ull
/* The same process was chosen again and again, and does not die of it. */
#define DEAF_KILLS 10

/*
 * The size of a process is what counts against it. The kernel divides it by the square root of its
 * cpu time and by the fourth root of its age, in units of 8 s and 17 min, doubles it for nice
 * processes and quarters it for root's. In this model nobody has a user or a priority, and cpu
 * time is not kept: the size is all.
 */
static u32 badness(const struct task_struct *p)
{
	if (p->flags & PF_MEMDIE && VM->kernel->oom_dying == OOM_PASSES_OVER)
		return 0;
	return p->mm ? p->mm->total_vm : 0;
}

/* The worst; among equals the one with the lowest pid, which was made first. *wait: one that was
 * killed has not gone yet, and 2.6.11 and later let it. */
static struct task_struct *select_bad_process(bool *wait)
{
	struct task_struct *chosen = NULL;
	struct list_head *pos;
	u32 maxpoints = 0;

	list_for_each(pos, &current->machine->tasks) {
		struct task_struct *p = list_entry(pos, struct task_struct, tasks);

		/* 2.6: it is the one who wants memory for no good reason. Told once, it may still
		 * wait for one who waits for memory, and the kernels hung; here others follow. */
		if (p->flags & PF_SWAPOFF) {
			if (!(p->flags & PF_MEMDIE))
				return p;
			continue;
		}
		if (p->flags & PF_MEMDIE && p->state != TASK_ZOMBIE &&
		    VM->kernel->oom_dying == OOM_WAITS)
			*wait = true;
		if (p->flags & PF_KTHREAD || p->state == TASK_ZOMBIE || badness(p) <= maxpoints)
			continue;
		chosen = p;
		maxpoints = badness(p);
	}
	return chosen;
}

/* The life of a process that is killed while it does nothing. It ends outside any operation, so
 * the content truth is told here. */
static void die(void *unused)
{
	(void)unused;
	if (current->machine->truth)
		truth_space_exit(current->machine->truth, current->pid);
	do_exit();
}

/* It may have all the memory that is left, so that it is through soon. */
static void oom_kill_task(struct task_struct *p)
{
	FN;

	p->flags |= PF_MEMALLOC | PF_MEMDIE;
	p->killed = true;
	count(oom_kills);
	EV(OOM_KILL, p->pid);
	if (p->state == TASK_IDLE)
		thread_start(p, die, NULL);
}

static void oom_kill(void)
{
	FN;
	bool wait = false;
	struct task_struct *p = select_bad_process(&wait);

	if (wait)
		return;
	if (!p)
		panic("Out of memory and no killable processes...");
	VM->oom.deaf = p->flags & PF_MEMDIE ? VM->oom.deaf + 1 : 0;
	if (VM->oom.deaf >= DEAF_KILLS)
		panic("Out of memory and the process that was killed cannot exit");
	oom_kill_task(p);
	yield();
}

/* Is it time? The kernel's rules. */
static bool really_out_of_memory(u64 now)
{
	u64 since = now - VM->oom.last;

	VM->oom.last = now;
	if (since > 5 * SECOND) {
		VM->oom.first = now;
		VM->oom.count = 0;
		return false;
	}
	if (now - VM->oom.first < SECOND)
		return false;
	if (++VM->oom.count < 10)
		return false;
	return now - VM->oom.lastkill >= 5 * SECOND;
}

void out_of_memory(void)
{
	FN;
	u64 now = current->machine->now;

	if (VM->no_oom || (VM->nr_swap_pages > 0 && !VM->kernel->oom_with_swap))
		return;
	if (!really_out_of_memory(now))
		return;
	VM->oom.lastkill = now;
	oom_kill();
	VM->oom.first = now;
	VM->oom.count = 0;
}
