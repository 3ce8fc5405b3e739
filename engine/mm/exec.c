/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exec: a process begins anew. Of the old address space only the arguments come along; what the
 * program itself would map is not modelled, its heap begins where an ELF program would.
 *
 *	                        stack vma           c0000000
 *	            . . . . . | args 30 | args 31 | |          bprm->page[31] is the last page of it
 *	                      p
 *
 *	2.5.27         the arguments are copied into pages of the kernel; flush_old_exec empties
 *	               the mm and keeps it; put_dirty_page maps the pages into the new stack
 *	2.6.0          a new mm is allocated first; from flush_old_exec on it is the process's
 *	2.6.7          install_arg_page does that with the vma, and prepares its anon_vma
 *	4.0            the new mm has its stack from the start: the arguments are stored there by
 *	               page faults, and the stack gets 128 KiB more than it needs
 *
 * When the old address space is gone there is no way back: who then has no memory is killed.
 *
 * Source: seed 000 and 2.5.26, 2.6.0, 2.6.7, 2.6.9, 4.0 fs/exec.c.
 */
#include "kernels.h"
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/rss.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/content.h"

#include <errno.h>
#include <string.h>

#define STACK_TOP TASK_SIZE
#define STACK_EXPAND 131072u /* 32 pages */

/* -- the arguments --------------------------------------------------------------------------- */

/* In 4.0 they are written into the new address space, and before that into loose pages. */
static bool writes_to_new_mm(void)
{
	return mmap_since(MMAP_4_0);
}

static u32 address_of(u32 i)
{
	return STACK_TOP - (MAX_ARG_PAGES - i) * PAGE_SIZE;
}

/* What is stored on a page of arguments. */
static void write_strings(struct linux_binprm *bprm, u32 i, struct page *page)
{
	charge(PAGE_COPY);
	bprm->tag[i] = content_touch(current->machine, page_to_pfn(page));
}

static int new_arg_page(struct linux_binprm *bprm, u32 i)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	if (!page)
		return -ENOMEM;
	content_clear(current->machine, page_to_pfn(page));
	write_strings(bprm, i, page);
	bprm->page[i] = page;
	return 0;
}

/* The frame behind an address of the new mm that was just faulted in; NULL: it is gone again. */
static struct page *faulted_page(struct mm_struct *mm, u32 address)
{
	const pte_t *pte = pte_offset(mm, address);
	pteval_t is = pte ? ptep_get(pte) : 0;

	return pte_present(is) && pte_write(is) ? pte_page(is) : NULL;
}

/* get_arg_page: fault it in on behalf of a process that is not there yet. */
static int new_mm_page(struct linux_binprm *bprm, u32 i)
{
	u32 address = address_of(i);
	struct page *page;

	if (address < bprm->vma->vm_start && expand_stack(bprm->vma, address))
		return -ENOMEM;
	while (!(page = faulted_page(bprm->mm, address))) {
		int ret = handle_mm_fault(bprm->mm, bprm->vma, address, true);

		if (ret != VM_FAULT_MINOR && ret != VM_FAULT_MAJOR)
			return -ENOMEM;
	}
	write_strings(bprm, i, page);
	return 0;
}

/* bytes of strings, from the end downwards: 0 or -ENOMEM. */
static int copy_strings(struct linux_binprm *bprm, u32 bytes)
{
	FN;
	u32 i, first;
	int error = 0;

	bprm->p -= bytes;
	first = bprm->p >> PAGE_SHIFT;
	for (i = MAX_ARG_PAGES; !error && i-- > first;)
		error = writes_to_new_mm() ? new_mm_page(bprm, i) : new_arg_page(bprm, i);
	return error;
}

static void free_arg_pages(struct linux_binprm *bprm)
{
	u32 i;

	for (i = 0; i < MAX_ARG_PAGES; i++)
		if (bprm->page[i])
			__free_page(bprm->page[i]);
}

/* -- the address space ----------------------------------------------------------------------- */

static struct vm_area_struct *stack_vma(struct mm_struct *mm, u32 start)
{
	struct vm_area_struct *vma = vma_alloc(mm);

	if (!vma)
		return NULL;
	vma->vm_start = start;
	vma->vm_end = STACK_TOP;
	vma->vm_flags = VM_GROWSDOWN | heap_flags();
	vma->vm_page_prot = protection_map[vma->vm_flags & 0x7];
	insert_vm_struct(mm, vma);
	mm->total_vm = vma_pages(vma);
	return vma;
}

/* 0 or -ENOMEM. From 2.6.0 on what can fail for want of an mm fails early. */
static int bprm_mm_init(struct linux_binprm *bprm)
{
	FN;

	if (!mmap_since(MMAP_2_6_0))
		return 0;
	bprm->mm = mm_alloc_unlisted(current->pid);
	if (!bprm->mm)
		return -ENOMEM;
	if (!writes_to_new_mm())
		return 0;
	mm_list(bprm->mm);
	bprm->vma = stack_vma(bprm->mm, STACK_TOP - PAGE_SIZE);
	return bprm->vma ? 0 : -ENOMEM;
}

static void bprm_mm_drop(struct linux_binprm *bprm)
{
	if (bprm->mm && writes_to_new_mm())
		mmput(bprm->mm);
	else if (bprm->mm)
		mm_discard_unlisted(bprm->mm);
}

/* The only user of an mm may keep it: it is emptied. */
static void keep_old_mm(struct mm_struct *mm)
{
	down_write(&mm->mmap_sem);
	exit_mmap(mm);
	up_write(&mm->mmap_sem);
	mm->brk = mm->start_brk;
}

static int exec_mmap(struct linux_binprm *bprm)
{
	FN;
	struct mm_struct *old_mm = current->mm, *mm = bprm->mm;

	if (!mm && atomic_read(&old_mm->mm_users) == 1) {
		keep_old_mm(old_mm);
		return 0;
	}
	if (!mm)
		mm = mm_alloc_unlisted(current->pid);
	if (!mm)
		return -ENOMEM;
	if (!writes_to_new_mm())
		mm_list(mm);
	current->mm = mm;
	activate_mm(mm);
	arch_pick_mmap_layout(mm);
	bprm->mm = NULL;
	mmput(old_mm);
	return 0;
}

/* The point of no return. */
static int flush_old_exec(struct linux_binprm *bprm, const char *name)
{
	FN;
	int error = exec_mmap(bprm);

	if (error)
		return error;
	thread_rename(current, name);
	EV(EXEC, current->pid, MAX_ARG_PAGES - (bprm->p >> PAGE_SHIFT));
	return 0;
}

/* -- the stack ------------------------------------------------------------------------------- */

static pte_t *get_locked_pte(struct mm_struct *mm, u32 address, spinlock_t **ptl)
{
	pte_t *pte;

	*ptl = &mm->page_table_lock;
	spin_lock(*ptl);
	pte = pte_alloc_map(mm, pgd_offset(mm, address), address);
	if (!mmap_since(MMAP_2_6_16) || !pte)
		return pte;
	spin_unlock(*ptl);
	return pte_offset_map_lock(mm, address, ptl);
}

static void map_arg_page(struct vm_area_struct *vma, struct page *page, u32 address, pte_t *pte,
			 struct rmap_ready *ready)
{
	if (mmap_since(MMAP_2_6_0))
		lru_cache_add_active(page);
	else
		lru_cache_add(page);
	set_pte(pte, pte_mkdirty(pte_mkwrite(mk_pte(page, vma->vm_page_prot))));
	page_add_new_anon_rmap(page, vma, address, pte, ready);
	if (VM->kernel->rss_by_kind)
		inc_mm_counter(vma->vm_mm, anon_rss);
	else
		vma->vm_mm->rss++;
	EV(ANON_MAP, address, page_to_pfn(page));
}

/* put_dirty_page up to 2.6.6. mmap_sem held for writing. 0 or -ENOMEM, then page is free. */
static int install_arg_page(struct vm_area_struct *vma, struct page *page, u32 address)
{
	struct rmap_ready ready = { 0 };
	int error = rmap_prepare(&ready, vma, GFP_KERNEL);
	spinlock_t *ptl;
	pte_t *pte;

	if (!error) {
		pte = get_locked_pte(vma->vm_mm, address, &ptl);
		error = pte && pte_none(ptep_get(pte)) ? 0 : -ENOMEM;
		if (!error)
			map_arg_page(vma, page, address, pte, &ready);
		spin_unlock(ptl);
	}
	rmap_release(&ready);
	if (error)
		__free_page(page);
	return error;
}

static int put_dirty_page(struct vm_area_struct *vma, struct page *page, u32 address)
{
	FN;

	return install_arg_page(vma, page, address);
}

static int install_one(struct vm_area_struct *vma, struct page *page, u32 address)
{
	FN_AS("install_arg_page");

	return install_arg_page(vma, page, address);
}

static int install_arg_pages(struct linux_binprm *bprm, struct vm_area_struct *vma)
{
	int error = 0;
	u32 i;

	for (i = 0; i < MAX_ARG_PAGES && !error; i++) {
		struct page *page = bprm->page[i];

		if (!page)
			continue;
		bprm->page[i] = NULL;
		if (mmap_since(MMAP_2_6_7))
			error = install_one(vma, page, address_of(i));
		else
			error = put_dirty_page(vma, page, address_of(i));
	}
	return error;
}

static int setup_arg_pages(struct linux_binprm *bprm)
{
	FN;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma = bprm->vma;
	int error = -ENOMEM;

	down_write(&mm->mmap_sem);
	if (writes_to_new_mm()) {
		error = expand_stack(vma, vma->vm_start - STACK_EXPAND);
	} else {
		vma = stack_vma(mm, address_of(bprm->p >> PAGE_SHIFT));
		if (vma)
			error = install_arg_pages(bprm, vma);
	}
	up_write(&mm->mmap_sem);
	return error;
}

/* -- the call -------------------------------------------------------------------------------- */

static void force_sigkill(void)
{
	current->killed = true;
	EV(SIGNAL, 9, 0);
}

int do_execve(struct linux_binprm *bprm, const char *name, u32 bytes)
{
	FN;
	int error;

	memset(bprm, 0, sizeof(*bprm));
	bprm->p = (MAX_ARG_PAGES << PAGE_SHIFT) - 4;
	if (bytes > bprm->p)
		return -E2BIG;
	error = bprm_mm_init(bprm);
	if (!error)
		error = copy_strings(bprm, bytes);
	if (!error)
		error = flush_old_exec(bprm, name);
	if (error) {
		bprm_mm_drop(bprm);
	} else if (setup_arg_pages(bprm)) {
		error = -ENOMEM;
		force_sigkill();
	}
	free_arg_pages(bprm);
	return error;
}
