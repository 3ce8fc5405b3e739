/* SPDX-License-Identifier: GPL-2.0-only */
/* What the ways to empty a swap area share. mm/swapoff.c */
#ifndef MM_SWAPOFF_PRIVATE_H
#define MM_SWAPOFF_PRIVATE_H

#include "kernels.h"
#include "mm/memory_private.h"
#include "mm/mmap_private.h"
#include "mm/shmem.h"
#include "rmap/rmap.h"

/* A page on its way back to the ptes that name its slot. */
struct unuse {
	swp_entry_t entry;
	struct page *page;
	struct rmap_ready ready; /* what the rmap wants beforehand */
};

/* Is the n-th erratum of this way to do swapoff switched on? */
#define swapoff_erratum(n) ((current->machine->config.swapoff_errata >> (n) & 1) != 0)

#define progress_of(type) (&VM->swapoff_progress[type])

/* A signal has come, or it is time for SIGALRM: who is in a long call returns -EINTR. */
static inline bool signal_pending(void)
{
	const struct task_struct *t = current;

	return t->killed || t->sigpending || (t->alarm_at && t->machine->now >= t->alarm_at);
}

/*
 * The first slot behind prev that somebody has, and which is not bad. When there is none up to the
 * end it goes on from the beginning, prev included; 0: there is none at all. No lock is needed: no
 * slot of the area is given out any more. Source: 2.5.26 to 4.0 mm/swapfile.c.
 */
u32 find_next_to_unuse(u32 type, u32 prev);

/*
 * ptep, the entry of address in vma, names the slot of u->entry; now it maps u->page, as if that
 * had never been used. The lock of the page table is held. Source: as above.
 */
void unuse_pte(struct unuse *u, struct vm_area_struct *vma, u32 address, pte_t *ptep);

/* Before an address space is searched without locks that keep it: one user more. false: its last
 * user is just going. mmlist_lock held. */
bool hold_mm(struct mm_struct *mm);

/* May vma have swap ptes? From 2.6.9 on not without an anon_vma. */
static inline bool may_have_swapped(const struct vm_area_struct *vma)
{
	return !mmap_since(MMAP_2_6_16) || vma->anon_vma;
}

#endif
