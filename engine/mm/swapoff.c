/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking a swap area out of use.
 *
 *	sys_swapoff    off the list, so that nothing more goes there
 *	               try_to_unuse, whichever way was chosen: all of it comes back into memory
 *	               or not: then the area is put on the list again
 *	               the map is freed, and the area is gone
 *
 * A pte that names a slot does not know who else names it, and the slot only knows how many do. So
 * whoever empties an area must go over the page tables of everybody, and the ways to do it differ
 * in how often:
 *
 *	mm/swapoff_quadratic.c   for each slot, until its users are found
 *	mm/swapoff_linear_v7.c   once for all slots: as posted in 2015, with what was wrong in it
 *	mm/swapoff_linear.c      once for all slots: as it is since 5.1
 *
 * What they share is here: a pte goes back to its page (unuse_pte), the next slot in use.
 *
 * Free slots (nr_swap_pages) are counted off all at once in the beginning, those in use too; they
 * come back one by one as they are freed. So the number may be less than nothing for a while.
 *
 * Source: 2.5.26, 2.6.0, 2.6.8, 2.6.16, 4.0 mm/swapfile.c; vm_enough_memory of 2.6.0 (security/
 * commoncap.c) and 4.0 (mm/mmap.c).
 */
#include "mm/swapoff_private.h"
#include "mm/rss.h"
#include "mm/swap_private.h"
#include "sim/content.h"

#include <errno.h>
#include <string.h>

#define TICK_NS 1000000ull /* schedule_timeout(1) */

/* -- what the ways share ---------------------------------------------------------------------- */

bool hold_mm(struct mm_struct *mm)
{
	if (!atomic_read(&mm->mm_users))
		return false;
	atomic_inc(&mm->mm_users);
	return true;
}

static bool slot_in_use(u32 type, u32 slot)
{
	swp_entry_t entry = SWP_ENTRY(type, slot);

	return swap_map_raw(entry) && !swap_slot_bad_of(VM, entry);
}

u32 find_next_to_unuse(u32 type, u32 prev)
{
	u32 max = VM->swap_info[type].max, i;

	for (i = prev + 1; i < max; i++)
		if (slot_in_use(type, i))
			return i;
	for (i = 1; i < max && i <= prev; i++)
		if (slot_in_use(type, i))
			return i;
	return 0;
}

/*
 * No kernel up to 5.18 asks, whatever do_swap_page does: what is in the frame by chance is mapped
 * (9f186f9e5fa9, "unuse_pte can map random data if swap read fails", which leaves a pte that is
 * good for SIGBUS only). The mended form here leaves the slot alone.
 */
int swapoff_ask_uptodate(const struct page *page)
{
	if (PageUptodate(page))
		return 0;
	if (!own_erratum(SWAPOFF_MAPS_UNREAD))
		return -EIO;
	content_mark(current->machine, page_to_pfn(page), CONTENT_SWAPPED_OFF);
	return 0;
}

/* What went out again while others came in is none. */
static void note_progress(u32 type)
{
	struct swapoff_progress *p = progress_of(type);

	if (inuse_pages(type) >= p->least)
		return;
	p->least = inuse_pages(type);
	sched_progress();
}

/*
 * The entry is old and clean: the page is made dirty as a whole instead, by who calls. 2.5 counts
 * rss last and 2.6 first, which makes no difference under the lock.
 */
void unuse_pte(struct unuse *u, struct vm_area_struct *vma, u32 address, pte_t *ptep)
{
	FN;
	struct page *page = u->page;

	if (VM->kernel->rss_by_kind)
		inc_mm_counter(vma->vm_mm, anon_rss);
	else
		vma->vm_mm->rss++;
	get_page(page);
	set_pte(ptep, pte_mkold(mk_pte(page, vma->vm_page_prot)));
	page_add_anon_rmap(page, vma, address, ptep, &u->ready);
	swap_free(u->entry);
	progress_of(SWP_TYPE(u->entry))->address = address;
	note_progress(SWP_TYPE(u->entry));
	EV(UNUSE_PTE, page_to_pfn(page), vma->vm_mm->pid, address, u->entry.val);
}

int unuse_pte_locked(struct unuse *u, struct vm_area_struct *vma, u32 address)
{
	spinlock_t *ptl;
	pte_t *ptep = pte_offset_map_lock(vma->vm_mm, address, &ptl);
	bool same = ptep_get(ptep) == swp_entry_to_pte(u->entry);

	if (same) {
		unuse_pte(u, vma, address, ptep);
		activate_page(u->page);
	}
	spin_unlock(ptl);
	if (same && swapin_must_copy(u->page, vma, address))
		return make_page_exclusive(vma, address);
	return 0;
}

/* -- would it fit? ---------------------------------------------------------------------------- */

static u32 page_cache_pages(void)
{
	struct list_head *pos;
	u32 n = VM->swapper_space.nrpages;

	list_for_each(pos, &VM->inodes)
		n += list_entry(pos, struct inode, inodes)->i_data.nrpages;
	return n;
}

/* What the kernel keeps for itself, in 4.0: the high mark of each zone, and the most that is
 * reserved there for allocations that could go no higher; but no more than there is. */
static u32 totalreserve_pages(void)
{
	u32 i, j, sum = 0;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		const zone_t *zone = &VM->zones[i];
		u32 most = 0;

		for (j = i; j < MAX_NR_ZONES; j++)
			if (most < zone->lowmem_reserve[j])
				most = zone->lowmem_reserve[j];
		most += zone->pages_high;
		sum += most < zone->size ? most : zone->size;
	}
	return sum;
}

/*
 * Overcommit by guess (sysctl 0), asked by root: what is free, what is cached, and free swap, that
 * of the area itself too; of slabs none are counted as reclaimable here. 0 or -ENOMEM.
 */
static int vm_enough_memory(u32 pages)
{
	FN;
	s64 free = (s64)page_cache_pages() + VM->nr_swap_pages;
	u32 i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		free += VM->zones[i].free_pages;
	if (mmap_since(MMAP_4_0))
		free -= totalreserve_pages();
	return free > (s64)pages ? 0 : -ENOMEM;
}

/* -- swapoff ---------------------------------------------------------------------------------- */

/* 4.0: the areas with an automatic priority below this one move up, so that numbers are not used
 * up. swap_list_lock held. */
static void close_the_gap(const struct swap_info_struct *p)
{
	s32 i;

	if (p->prio >= 0 || !mmap_since(MMAP_4_0))
		return;
	for (i = p->next; i >= 0; i = VM->swap_info[i].next)
		VM->swap_info[i].prio++;
	VM->least_priority++;
}

/* Off the list. swap_list_lock held. */
static void disable_area(struct swap_info_struct *p)
{
	spin_lock(&p->sdev_lock);
	close_the_gap(p);
	VM->kernel->slots->remove(p);
	VM->nr_swap_pages -= (s32)p->pages;
	VM->total_swap_pages -= (s32)p->pages;
	p->flags &= ~SWP_WRITEOK;
	spin_unlock(&p->sdev_lock);
}

/* Is it on the list, and would what it may hold fit elsewhere? Then it is off the list. */
static int close_area(u32 type)
{
	struct swap_info_struct *p = &VM->swap_info[type];
	int err = 0;

	spin_lock(&VM->swap_list_lock);
	if ((p->flags & SWP_ACTIVE) != SWP_ACTIVE)
		err = -EINVAL;
	else if (mmap_since(MMAP_2_6_0))
		err = vm_enough_memory(p->pages);
	if (!err)
		disable_area(p);
	spin_unlock(&VM->swap_list_lock);
	return err;
}

/* It could not be emptied: it is used again. In 4.0 at the end of the line, if its priority was not
 * chosen by anybody. */
static void reopen_area(struct swap_info_struct *p)
{
	if (p->prio < 0 && mmap_since(MMAP_4_0))
		p->prio = --VM->least_priority;
	swap_area_enable(p);
}

/* Nothing is in swap any more: nobody needs to be searched. From 2.6.11 on. */
static void drain_mmlist(void)
{
	u32 type;

	for (type = 0; type < VM->nr_swapfiles; type++)
		if (VM->swap_info[type].inuse_pages)
			return;
	spin_lock(&VM->mmlist_lock);
	while (!list_empty(&VM->mmlist)) {
		list_del(list_next(&VM->mmlist));
		VM->mmlist_nr--;
	}
	spin_unlock(&VM->mmlist_lock);
}

/* 2.6.14: whoever looked for a free slot when the area left the list may still be looking. */
static void wait_for_scanners(const struct swap_info_struct *p)
{
	while (READ_ONCE(p->flags) >= SWP_SCANNING)
		sleep_on_timeout(NULL, TICK_NS);
}

/* It is empty: nobody names it any more, and its map is of no use. */
static void free_area(struct swap_info_struct *p)
{
	struct swap_info_struct gone;

	if (VM->kernel->mmlist_swapped)
		drain_mmlist();
	p->highest_bit = 0; /* for who looks for a slot without the lock */
	wait_for_scanners(p);
	spin_lock(&VM->swap_list_lock);
	spin_lock(&p->sdev_lock);
	gone = *p;
	p->swap_map = NULL;
	p->continued = NULL;
	p->max = p->disk = p->map_pages = p->continued_pages = p->flags = 0;
	spin_unlock(&p->sdev_lock);
	spin_unlock(&VM->swap_list_lock);
	swap_free_map(&gone);
}

static const struct swapoff_ops *way(void)
{
	const struct swapoff_ops *chosen = current->machine->config.swapoff;

	return chosen ? chosen : &swapoff_quadratic;
}

bool swapoff_mistake(enum swapoff_erratum n)
{
	return way()->as_posted || swapoff_erratum(n);
}

/* The way that was chosen, with what is shown of it. */
static int empty_area(u32 type)
{
	bool preferred = mmap_since(MMAP_2_6_0);
	int err;

	*progress_of(type) = (struct swapoff_progress){
		.pid = current->pid, .pass = 1,
		.begun = inuse_pages(type), .least = inuse_pages(type),
	};
	EV(SWAPOFF, type, progress_of(type)->begun);
	if (preferred)
		current->flags |= PF_SWAPOFF;
	err = way()->try_to_unuse(type);
	if (preferred)
		current->flags &= ~PF_SWAPOFF;
	*progress_of(type) = (struct swapoff_progress){ 0 };
	return err;
}

int sys_swapoff(u32 type)
{
	FN;
	int err;

	if (type >= VM->nr_swapfiles)
		return -EINVAL;
	err = close_area(type);
	if (err)
		return err;
	err = empty_area(type);
	if (err)
		reopen_area(&VM->swap_info[type]);
	else
		free_area(&VM->swap_info[type]);
	EV(SWAPOFF_END, type, (u32)-err);
	return err;
}

/* -- the ways --------------------------------------------------------------------------------- */

const struct swapoff_ops *const swapoffs[] = {
	&swapoff_quadratic,
	&swapoff_linear_v7,
	&swapoff_linear,
	NULL,
};

const struct swapoff_ops *swapoff_by_name(const char *name)
{
	u32 i;

	for (i = 0; swapoffs[i]; i++)
		if (!strcmp(swapoffs[i]->name, name))
			return swapoffs[i];
	return NULL;
}
