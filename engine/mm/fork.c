/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces are made, copied and dropped.
 *
 *	mmlist:   a --- parent --- child --- b        the child right behind its parent, and before
 *	                                              the first pte is copied: whoever empties a
 *	                                              swap area walks this list and must see them
 *
 * From 2.6.11 on only those are on mmlist that have something in swap: try_to_unmap_one puts them
 * there, and copying the first pte that names a slot.
 *
 * A vma of the child is known to the file, beside the parent's, and to the anon_vma before its ptes
 * are copied: from the first pte on an rmap finds it.
 *
 * Source: 2.5.26 kernel/fork.c with seed 000, kernel/exit.c exit_mm; 2.6.0, 2.6.7, 2.6.9, 2.6.14,
 * 4.0 kernel/fork.c, and the commit "add anonmm rmap".
 */
#include "i386/mmu.h"
#include "kernels.h"
#include "mm/mmap_private.h"
#include "mm/pagemap.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

#include <errno.h>

/* Where an ELF program would begin. None is loaded, so the heap begins here. */
#define HEAP_START 0x08048000u

/* -- one mm ---------------------------------------------------------------------------------- */

/* allocate_mm and mm_init: empty, on no list. */
static struct mm_struct *mm_init(u16 pid)
{
	struct mm_struct *mm = kmem_cache_alloc(VM->mm_cachep, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->pid = pid;
	atomic_set(&mm->mm_users, 1);
	init_rwsem(&mm->mmap_sem, LC_MMAP_SEM, pid);
	spin_lock_init(&mm->page_table_lock, LC_PAGE_TABLE_LOCK, pid);
	mm->start_brk = mm->brk = HEAP_START;
	arch_pick_mmap_layout(mm);
	if (pgd_alloc(mm))
		return mm;
	kmem_cache_free(VM->mm_cachep, mm);
	return NULL;
}

/* Undo mm_init. */
static void mm_discard(struct mm_struct *mm)
{
	pgd_free(mm);
	kmem_cache_free(VM->mm_cachep, mm);
}

/* Onto mmlist, right behind the parent; with no parent, in front, where exec puts a new program. */
static void mmlist_add(struct mm_struct *mm, struct mm_struct *parent)
{
	spin_lock(&VM->mmlist_lock);
	list_add(&mm->mms, parent ? &parent->mms : &VM->mms);
	if (!VM->kernel->mmlist_swapped) {
		list_add(&mm->mmlist, parent ? &parent->mmlist : &VM->mmlist);
		VM->mmlist_nr++;
	}
	spin_unlock(&VM->mmlist_lock);
}

struct mm_struct *mmlist_next(const struct mm_struct *mm)
{
	struct list_head *next = list_next(mm ? &mm->mmlist : &VM->mmlist);

	return next == &VM->mmlist ? NULL : list_entry(next, struct mm_struct, mmlist);
}

/* mmlist_lock held. The hand of swap_out (2.5.26) must not point at what goes away. */
static void mmlist_del(struct mm_struct *mm)
{
	if (list_empty(&mm->mmlist))
		return;
	if (VM->swap_mm == mm)
		VM->swap_mm = mmlist_next(mm);
	list_del(&mm->mmlist);
	VM->mmlist_nr--;
}

struct mm_struct *mm_alloc_unlisted(u16 pid)
{
	FN_AS("mm_alloc");
	struct mm_struct *mm = mm_init(pid);

	if (mm && exec_rmap(mm)) {
		mm_discard(mm);
		return NULL;
	}
	return mm;
}

void mm_list(struct mm_struct *mm)
{
	mmlist_add(mm, NULL);
}

void mm_discard_unlisted(struct mm_struct *mm)
{
	exit_rmap(mm);
	mm_discard(mm);
}

struct mm_struct *mm_alloc(u16 pid)
{
	struct mm_struct *mm = mm_alloc_unlisted(pid);

	if (mm)
		mm_list(mm);
	return mm;
}

/* The page directory goes last: no cpu may have it loaded any more. */
static void mmdrop(struct mm_struct *mm)
{
	leave_mm(mm);
	pgd_free(mm);
	kmem_cache_free(VM->mm_cachep, mm);
}

/* The last user is gone. From 2.6.11 on the mm leaves mmlist when it is empty: until then it may
 * still be put there, by reclaim. */
static void mmput_last(struct mm_struct *mm)
{
	exit_mmap(mm);
	exit_rmap(mm);
	if (VM->kernel->mmlist_swapped) {
		spin_lock(&VM->mmlist_lock);
		mmlist_del(mm);
		spin_unlock(&VM->mmlist_lock);
	}
	put_swap_token(mm);
	mmdrop(mm);
}

void mmput(struct mm_struct *mm)
{
	FN;

	spin_lock(&VM->mmlist_lock);
	if (!atomic_dec_and_test(&mm->mm_users)) {
		spin_unlock(&VM->mmlist_lock);
		return;
	}
	list_del(&mm->mms);
	if (!VM->kernel->mmlist_swapped)
		mmlist_del(mm);
	spin_unlock(&VM->mmlist_lock);
	mmput_last(mm);
}

/* -- fork ------------------------------------------------------------------------------------ */

/* The child's copy of a vma: not locked, another user of the file. NULL: no memory. */
static struct vm_area_struct *dup_vma(struct mm_struct *mm, struct vm_area_struct *mpnt)
{
	struct vm_area_struct *tmp = kmem_cache_alloc(VM->vm_area_cachep, GFP_KERNEL);

	if (!tmp)
		return NULL;
	*tmp = *mpnt;
	tmp->vm_flags &= ~VM_LOCKED;
	tmp->vm_mm = mm;
	tmp->vm_next = NULL;
	tmp->id = VM->next_vma_id++;
	INIT_LIST_HEAD(&tmp->shared);
	INIT_LIST_HEAD(&tmp->anon_vma_node);
	if (anon_vma_fork(tmp, mpnt)) {
		kmem_cache_free(VM->vm_area_cachep, tmp);
		return NULL;
	}
	if (tmp->vm_file) {
		struct address_space *mapping = vma_mapping(tmp);

		igrab(tmp->vm_file);
		i_mmap_lock(mapping);
		tmp->vm_truncate_count = mpnt->vm_truncate_count;
		i_mmap_insert(tmp, mpnt); /* beside the parent's */
		i_mmap_unlock(mapping);
	}
	return tmp;
}

/* Link a vma in and copy its ptes, in this order: as soon as there is a pte, there is its vma. From
 * 2.6.14 on who copies locks for himself. */
static int dup_one(struct mm_struct *mm, struct mm_struct *oldmm, struct vm_area_struct *tmp,
		   struct vm_area_struct **link)
{
	bool lock = !mmap_since(MMAP_2_6_16);
	int err;

	if (lock)
		spin_lock(&mm->page_table_lock);
	*link = tmp;
	mm->map_count++;
	EV(VMA_ADD, tmp->vm_start, tmp->vm_end);
	err = copy_page_range(mm, oldmm, tmp);
	if (lock)
		spin_unlock(&mm->page_table_lock);
	return err;
}

/* A vma that no child gets. */
static void skip_vma(struct mm_struct *mm, const struct vm_area_struct *mpnt)
{
	if (mmap_since(MMAP_2_6_16))
		mm->total_vm -= vma_pages(mpnt);
}

int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	FN;
	struct vm_area_struct *mpnt, *tmp, **link = &mm->mmap;
	int err = 0;

	mmlist_add(mm, oldmm);
	for (mpnt = oldmm->mmap; mpnt && !err; mpnt = mpnt->vm_next) {
		if (mpnt->vm_flags & VM_DONTCOPY) {
			skip_vma(mm, mpnt);
			continue;
		}
		tmp = dup_vma(mm, mpnt);
		if (!tmp) {
			err = -ENOMEM;
			break;
		}
		err = dup_one(mm, oldmm, tmp, link);
		link = &tmp->vm_next;
	}
	/* Also after a failure: some of the parent's ptes are read-only by now. */
	flush_tlb_mm(oldmm);
	return err;
}

static int copy_mm(struct task_struct *child)
{
	FN;
	struct mm_struct *oldmm = current->mm, *mm = mm_init(child->pid);
	int err;

	if (!mm)
		return -ENOMEM;
	mm->total_vm = oldmm->total_vm;
	mm->start_brk = oldmm->start_brk;
	mm->brk = oldmm->brk;
	mm->dumpable = oldmm->dumpable;
	if (dup_rmap(mm, oldmm)) {
		mm_discard(mm);
		return -ENOMEM;
	}

	down_write(&oldmm->mmap_sem);
	err = dup_mmap(mm, oldmm);
	up_write(&oldmm->mmap_sem);
	if (err) {
		mmput(mm);
		return err;
	}
	mm->hiwater_rss = mm_rss(mm);
	mm->hiwater_vm = mm->total_vm;
	child->mm = mm;
	return 0;
}

/* What a child has from its parent besides the address space. */
static void dup_task_struct(struct task_struct *child)
{
	child->parent = current->pid;
	child->nice = current->nice;
	child->root = current->root;
	child->rawio = current->rawio;
	child->oomkilladj = current->oomkilladj;
}

int do_fork(const char *comm)
{
	FN;
	struct machine *m = current->machine;
	struct task_struct *child;

	child = thread_create(m, comm, (current->cpu_id + 1u) % m->config.cpus);
	if (!child)
		return -EAGAIN;
	dup_task_struct(child);
	if (copy_mm(child)) {
		thread_discard(child);
		return -ENOMEM;
	}
	EV(FORK, child->pid);
	return child->pid;
}

/* -- exit ------------------------------------------------------------------------------------ */

void do_exit(void)
{
	FN;
	struct mm_struct *mm = current->mm;

	current->flags |= PF_EXITING;
	/* From here on the page tables are only borrowed, as by a kernel thread. */
	current->mm = NULL;
	mmput(mm);
	current->cpu->curr = NULL;
	current->state = TASK_ZOMBIE;
	EV(EXIT, 0);
}
