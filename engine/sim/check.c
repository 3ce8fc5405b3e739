/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checker: the order of the audits, who is where in the kernel, and what counts as broken.
 *
 * A thread in the middle of a step leaves one object half way: a pte that is set while its rmap is
 * still being added, a page taken off one list and not yet on the other. So a QUIET invariant may
 * be untrue for as many objects as there are threads that are not asleep, and no more: whoever
 * forgets something leaves a second and a third behind, and when all threads are out of the kernel
 * a single one is too many.
 */
#include "check_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "kernels.h"
#include "machine.h"
#include "mm/shmem.h"
#include "rmap/rmap.h"

const struct invariant_row invariant_rows[] = {
#define X(id, name_, when, sentence_) { .name = name_, .sentence = sentence_, .always = when == 0 },
	INVARIANTS(X)
#undef X
	{ NULL, NULL, false }
};

/* How many facts of each a thread in the middle of a step may break. */
static const u8 facts_per_step[NR_INVARIANTS] = {
#define X(id, name, when, sentence) [INV_##id] = when,
	INVARIANTS(X)
#undef X
};

void broke(struct audit *a, enum invariant which, const char *format, ...)
{
	struct finding *f = &a->findings[which];
	va_list args;

	if (f->count++)
		return;
	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
}

/* -- who is where ----------------------------------------------------------------------------- */

/* kswapd and its like have a place where they wait for work: their own first function. */
static bool at_home(const struct task_struct *t)
{
	if (!t->stack)
		return true;
	return !t->op && t->flags & PF_KTHREAD && t->state == TASK_UNINTERRUPTIBLE &&
	       thread_depth(t) <= 1;
}

static bool awake(const struct task_struct *t)
{
	return t->stack && t->state != TASK_UNINTERRUPTIBLE;
}

static bool calls(const struct task_struct *t, const char *func)
{
	u32 i;

	for (i = 0; i < thread_depth(t) && i < MAX_DEPTH; i++)
		if (!strcmp(t->fn[i].site->func, func))
			return true;
	return false;
}

bool somebody_in(const struct audit *a, const char *func)
{
	const struct list_head *pos;

	list_for_each(pos, &a->m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		if (awake(t) && calls(t, func))
			return true;
	}
	return false;
}

bool asleep_or_awake_in(const struct audit *a, const char *func)
{
	const struct list_head *pos;

	list_for_each(pos, &a->m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		if (t->stack && calls(t, func))
			return true;
	}
	return false;
}

/* An mm without a living owner is being made by fork or taken down by exit; one whose mmap_sem is
 * held for writing is being changed, perhaps by somebody who sleeps just now. */
bool mm_busy(const struct audit *a, const struct mm_struct *mm)
{
	const struct task_struct *owner;

	if (audit_idle(a))
		return false;
	owner = thread_by_pid(a->m, mm->pid);
	return !owner || owner->mm != mm || awake(owner) || mm->mmap_sem.count < 0;
}

bool page_busy(const struct audit *a, const struct page *page)
{
	return a->running && (PageLocked(page) || test_bit(PG_chainlock, &page->flags));
}

static void count_threads(struct audit *a)
{
	const struct list_head *pos;

	list_for_each(pos, &a->m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		a->inside += !at_home(t);
		a->running += awake(t);
	}
}

/* -- threads and locks ------------------------------------------------------------------------ */

/* The others sleep, or are bits of a page. */
static bool is_spinlock(u8 class)
{
	const u32 others = 1u << LC_MMAP_SEM | 1u << LC_I_SEM | 1u << LC_SHMEM_SEM |
			   1u << LC_PAGE_LOCK | 1u << LC_SHMEM_MUTEX | 1u << LC_SHRINKER_SEM |
			   1u << LC_IPRUNE_SEM | 1u << LC_I_SHARED_SEM | 1u << LC_ANON_VMA_SEM |
			   1u << LC_PTE_CHAIN_LOCK;

	_Static_assert(NR_LOCK_CLASSES <= 32, "a bit for each");
	return !(others >> class & 1);
}

static void audit_held(struct audit *a, const struct task_struct *t)
{
	u32 i;

	if ((t->state == TASK_IDLE || t->state == TASK_ZOMBIE) && (t->nr_held || t->preempt_count))
		broke(a, INV_THREADS, "%s (pid %u) is idle and holds %s of %u", t->comm, t->pid,
		      t->nr_held ? lock_class_names[t->held[0].class] : "preemption",
		      t->held[0].id);
	for (i = 0; i < t->nr_held && i < MAX_HELD; i++) {
		const spinlock_t *lock = t->held[i].lock;

		if (is_spinlock(t->held[i].class) && lock->owner != t->pid + 1)
			broke(a, INV_THREADS, "%s (pid %u) holds %s of %u, whose owner is %d",
			      t->comm, t->pid, lock_class_names[lock->class], lock->id,
			      lock->owner - 1);
	}
}

static void lock_is_free(struct audit *a, const spinlock_t *lock)
{
	if (lock->owner)
		broke(a, INV_LOCKS, "%s of %u is held by pid %u", lock_class_names[lock->class],
		      lock->id, lock->owner - 1);
}

static void audit_mm_locks(struct audit *a)
{
	const struct list_head *pos;

	list_for_each(pos, &a->vm->mms) {
		const struct mm_struct *mm = list_entry(pos, struct mm_struct, mms);

		lock_is_free(a, &mm->page_table_lock);
		if (mm->mmap_sem.count)
			broke(a, INV_LOCKS, "mmap_sem of pid %u is held (%d)", mm->pid,
			      mm->mmap_sem.count);
	}
}

static void audit_file_locks(struct audit *a)
{
	const struct list_head *pos;

	list_for_each(pos, &a->vm->inodes) {
		const struct inode *inode = list_entry(pos, struct inode, inodes);

		lock_is_free(a, &inode->i_data.page_lock);
		lock_is_free(a, &inode->i_data.i_shared_lock);
		if (inode_is_shmem(inode))
			lock_is_free(a, &SHMEM_I(inode)->lock);
	}
}

static void audit_threads(struct audit *a)
{
	const struct list_head *pos;
	u32 i;

	list_for_each(pos, &a->m->tasks)
		audit_held(a, list_entry(pos, struct task_struct, tasks));
	if (!audit_idle(a))
		return;
	lock_is_free(a, &a->vm->pagemap_lru_lock);
	lock_is_free(a, &a->vm->mmlist_lock);
	lock_is_free(a, &a->vm->swap_list_lock);
	lock_is_free(a, &a->vm->swap_avail_lock);
	lock_is_free(a, &a->vm->pte_chain_freelist.lock);
	lock_is_free(a, &a->vm->swapper_space.page_lock);
	lock_is_free(a, &a->vm->shmem_lock);
	lock_is_free(a, &a->vm->dcache_lock);
	lock_is_free(a, &a->vm->inode_lock);
	for (i = 0; i < MAX_NR_ZONES; i++) {
		lock_is_free(a, &a->vm->zones[i].lock);
		lock_is_free(a, &a->vm->zones[i].lru_lock);
	}
	for (i = 0; i < a->vm->nr_swapfiles; i++)
		lock_is_free(a, &a->vm->swap_info[i].sdev_lock);
	audit_mm_locks(a);
	audit_file_locks(a);
}

/* -- the audit -------------------------------------------------------------------------------- */

static void begin(struct audit *a, const struct machine *m)
{
	u32 type;

	memset(a, 0, sizeof(*a));
	a->m = m;
	a->vm = m->vm;
	a->max_ptes = 1024;
	a->frames = calloc(m->nr_frames, sizeof(*a->frames));
	a->ptes = malloc(a->max_ptes * sizeof(*a->ptes));
	a->no_memory = !a->frames || !a->ptes;
	for (type = 0; type < a->vm->nr_swapfiles; type++) {
		a->slots[type] = calloc(a->vm->swap_info[type].max + 1u, sizeof(u32));
		a->no_memory |= !a->slots[type];
	}
	count_threads(a);
}

static void run(struct audit *a)
{
	audit_threads(a);
	audit_mms(a);
	if (a->no_memory)
		return;
	audit_tlbs(a);
	audit_files(a);
	audit_swap(a);
	audit_zones(a);
	audit_lru(a);
	audit_slabs(a);
	audit_rmap(a);
	audit_frames(a);
	audit_content(a);
}

/* How many facts may be untrue for a reason. */
static u32 may_differ(const struct audit *a, u32 which)
{
	return facts_per_step[which] * a->running;
}

static u32 report(const struct audit *a, struct violation *out, u32 max)
{
	u32 i, n = 0;

	for (i = 0; i < NR_INVARIANTS; i++) {
		const struct finding *f = &a->findings[i];

		if (f->count <= may_differ(a, i))
			continue;
		if (n < max) {
			out[n].invariant = invariant_rows[i].name;
			memcpy(out[n].text, f->text, sizeof(out[n].text));
		}
		n++;
	}
	if (a->no_memory && n < max)
		out[n++] = (struct violation){ "host-memory", "the host has none for the check" };
	return n;
}

static void end(struct audit *a)
{
	u32 type;

	for (type = 0; type < MAX_SWAPFILES; type++)
		free(a->slots[type]);
	free(a->ptes);
	free(a->frames);
}

u32 check_machine(const struct machine *m, struct violation *out, u32 max)
{
	struct audit a;
	u32 n;

	if (!m->vm || !m->booted)
		return 0;
	begin(&a, m);
	if (!a.no_memory)
		run(&a);
	n = report(&a, out, max);
	end(&a);
	return n;
}

void check_report(struct machine *m)
{
	struct violation v;

	if (m->report.kind || !check_machine(m, &v, 1))
		return;
	report_set(m, REPORT_INVARIANT, NULL, v.invariant, NULL);
	snprintf(m->report.detail, sizeof(m->report.detail), "%s", v.text);
}
