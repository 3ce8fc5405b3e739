/* SPDX-License-Identifier: GPL-2.0-only */
/* What the ways to empty a swap area share. mm/swapoff.c */
#ifndef MM_SWAPOFF_PRIVATE_H
#define MM_SWAPOFF_PRIVATE_H

#include "kernels.h"
#include "mm/memory_private.h"
#include "mm/mmap_private.h"
#include "mm/shmem.h"
#include "mm/swapoff.h"
#include "rmap/rmap.h"

/* A page on its way back to the ptes that name its slot. */
struct unuse {
	swp_entry_t entry;
	struct page *page;
	struct rmap_ready ready; /* what the rmap wants beforehand */
};

/* Is the n-th erratum of this way to do swapoff switched on? */
#define swapoff_erratum(n) ((current->machine->config.swapoff_errata >> (n) & 1) != 0)

/* mm/swapoff_linear_v7.c: those of both linear ways. */
extern const char *const swapoff_linear_errata[];

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

/*
 * The same, if the entry of address still names the slot, which is known only under the lock of its
 * page table; and the page goes to the active list. mmap_sem held for reading, page locked. 0, or
 * -ENOMEM: 2.6.7-anonmm wants a copy at this address. Source: 4.0.
 */
int unuse_pte_locked(struct unuse *u, struct vm_area_struct *vma, u32 address);

/*
 * The page of a slot is locked, and its ptes, or a file, are to get it. 0: it is what was in the
 * slot; or it could not be read, and nobody asks. -EIO: mended, somebody does (and the area stays).
 */
int swapoff_ask_uptodate(const struct page *page);

/* Does the entry name a slot of area type? */
static inline bool is_swap_pte_of(pteval_t pte, u32 type)
{
	return !pte_none(pte) && !pte_present(pte) && !pte_file(pte) &&
	       SWP_TYPE(pte_to_swp_entry(pte)) == type;
}

/* Ptes were looked at, one behind the other: eight are a cache line of the i386. */
static inline void charge_scan(u32 ptes)
{
	count_n(unuse_ptes, ptes);
	charge_n(CACHE_LINE, (ptes + 7) / 8);
}

static inline u32 inuse_pages(u32 type)
{
	return VM->swap_info[type].inuse_pages;
}

/* Before an address space is searched without locks that keep it: one user more. false: its last
 * user is just going. mmlist_lock held. */
bool hold_mm(struct mm_struct *mm);

/* May vma have swap ptes? From 2.6.9 on not without an anon_vma. */
static inline bool may_have_swapped(const struct vm_area_struct *vma)
{
	return !mmap_since(MMAP_2_6_16) || vma->anon_vma;
}

#endif
