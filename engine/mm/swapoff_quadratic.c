/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swapoff as it was until 2019: slot by slot, and for each of them through the page tables of one
 * process after the other, until all who use it are found.
 *
 *	slot 17, 2 users:     mmlist  o--- A --- B --- C --- D --- E ---,
 *	                              |                                 |
 *	                              '---------------------------------'
 *	                              ^init_mm: the files that are memory
 *
 *	  first start_mm, say C: all its page tables, no
 *	  then D: no, E: no, init_mm: no, A: found, 1 left    A is where slot 18 begins
 *	  then B: found, none left                            (a child comes behind its parent)
 *
 * With T page tables in all, a slot that one process uses costs T / 2 of them on average, unless
 * the process of the slot before has it too: then it costs those of one process. A page that an
 * anon_vma knows costs one table (2.6.16, 4.0); but only while it is in memory.
 *
 * The slot's page is read first, and locked, and then everything can be done to a pte at once. It
 * is taken out of the swap cache at the end whoever still uses it, after it was written if need be:
 * left there it could get another user the moment it is unlocked.
 *
 * Source: 2.5.26, 2.6.0, 2.6.8, 2.6.16, 4.0 mm/swapfile.c. Which kernel does what is asked with
 * mmap_since().
 */
#include "mm/swapoff_private.h"

#include <errno.h>

/* From slot to slot. start_mm is held; NULL: init_mm, whose place is the head of mmlist. */
struct quest {
	struct unuse u;
	struct mm_struct *start_mm;
	bool shmem;               /* a file had the page, and could not take it over */
	u32 found;                /* where unuse_vma put a pte back, last */
};

/* -- page tables ------------------------------------------------------------------------------ */

typedef u32 line_t __attribute__((vector_size(16), may_alias));
typedef u64 halves_t __attribute__((vector_size(16), may_alias));
#define STRIDE 64 /* words at a time, four cache lines */

static inline bool is_in_stride(const line_t *p, line_t want)
{
	line_t hit = { 0 };
	halves_t any;
	u32 i;

	for (i = 0; i < STRIDE / 4; i++)
		hit |= (line_t)(p[i] == want);
	any = (halves_t)hit;
	return any[0] | any[1];
}

/* "swapoff spends a _lot_ of time in this loop!" The index of the first of n words that is wanted,
 * and n if none is: many at a time, from where the table allows it. */
static u32 find_word(const u32 *word, u32 n, u32 wanted)
{
	line_t want = { wanted, wanted, wanted, wanted };
	u32 i = 0;

	for (; i < n && (uintptr_t)(word + i) % 64; i++)
		if (word[i] == wanted)
			return i;
	while (i + STRIDE <= n && !is_in_stride((const line_t *)(word + i), want))
		i += STRIDE;
	while (i < n && word[i] != wanted)
		i++;
	return i;
}

/* The same of entries, which with PAE are two words: one of them is 0 in a swap entry. */
static u32 find_pte(const pte_t *table, u32 n, pteval_t pte)
{
	u32 words = pte_stride() / 4, wanted = (u32)pte ? (u32)pte : (u32)(pte >> 32), i;

	for (i = 0; i < n * words; i++) {
		i += find_word((const u32 *)table + i, n * words - i, wanted);
		if (i < n * words && ptep_get(pte_at(table, i / words)) == pte)
			break;
	}
	return i < n * words ? i / words : n;
}

/* The entry still names the slot? From 2.6.16 on that is known under its lock only. */
static bool unuse_found(struct quest *q, struct vm_area_struct *vma, u32 address, pte_t *ptep)
{
	bool locks = mmap_since(MMAP_2_6_16), same;
	spinlock_t *ptl = locks ? pte_lockptr(vma->vm_mm, ptep) : NULL;

	if (locks)
		spin_lock(ptl);
	same = ptep_get(ptep) == swp_entry_to_pte(q->u.entry);
	if (same) {
		unuse_pte(&q->u, vma, address, ptep);
		q->found = address;
		if (mmap_since(MMAP_2_6_8))
			activate_page(q->u.page); /* not to be swapped out again at once */
	}
	if (locks)
		spin_unlock(ptl);
	return same;
}

/*
 * The part of a vma that one page table covers. true: the entry was found. Until 2.6.9 its name is
 * unuse_pmd, page_table_lock is held, and 2.5 goes on after a hit.
 */
static bool unuse_pte_range(struct quest *q, struct vm_area_struct *vma, u32 address, u32 end)
{
	FN;
	pte_t *table = pte_offset_map(vma->vm_mm, address);
	u32 n = (end - address) >> PAGE_SHIFT, i = 0;

	count(unuse_pte_range);
	while (i < n) {
		u32 at = find_pte(pte_at(table, i), n - i, swp_entry_to_pte(q->u.entry)) + i;

		charge_scan((at < n ? at + 1 : n) - i);
		i = at + 1;
		if (at < n &&
		    unuse_found(q, vma, address + (at << PAGE_SHIFT), pte_at(table, at)) &&
		    mmap_since(MMAP_2_6_0))
			return true;
	}
	return false;
}

/* From 2.6.16 on a page that an anon_vma knows says where it would be. false: not in this vma. */
static bool narrow_to_page(const struct quest *q, const struct vm_area_struct *vma, u32 *start,
			   u32 *end)
{
	const struct rmap_ops *rmap = rmap_of(VM);

	if (!rmap->page_address_in_vma || !PageAnon(q->u.page))
		return true;
	if (!rmap->page_address_in_vma(q->u.page, vma, start))
		return false;
	*end = *start + PAGE_SIZE;
	return true;
}

static bool unuse_vma(struct quest *q, struct vm_area_struct *vma)
{
	u32 start = vma->vm_start, end = vma->vm_end, next;

	if (!narrow_to_page(q, vma, &start, &end))
		return false;
	for (; start < end; start = next) {
		next = pgd_end(start, end);
		if (pgd_none_or_bad(pgd_offset(vma->vm_mm, start)))
			continue;
		if (unuse_pte_range(q, vma, start, next))
			return true;
	}
	return false;
}

/* All vmas of an mm. Only 2.5 goes on after a hit: an mm has an entry once. NULL: none, or 2.5. */
static struct vm_area_struct *unuse_vmas(struct quest *q, struct mm_struct *mm)
{
	bool locks = !mmap_since(MMAP_2_6_16);
	struct vm_area_struct *vma;

	if (locks)
		spin_lock(&mm->page_table_lock);
	for (vma = mm->mmap; vma; vma = vma->vm_next)
		if (may_have_swapped(vma) && unuse_vma(q, vma))
			break;
	if (locks)
		spin_unlock(&mm->page_table_lock);
	return vma;
}

/*
 * The page is locked. Who faults has mmap_sem and waits for the page, so it must not be waited for
 * with the page locked; 2.6.7 still did, and hung (the mended form is taken here). While it is
 * unlocked, 2.6.16 hopes to keep it from being unmapped by activating it.
 */
static void lock_mm(struct quest *q, struct mm_struct *mm)
{
	if (down_read_trylock(&mm->mmap_sem))
		return;
	if (mmap_since(MMAP_2_6_16))
		activate_page(q->u.page);
	unlock_page(q->u.page);
	down_read(&mm->mmap_sem);
	lock_page(q->u.page);
}

/* 2.6.7-anonmm: the page is noted at another address already, since somebody moved it. */
static int settle_moved(struct quest *q, struct vm_area_struct *vma)
{
	if (!vma || !swapin_must_copy(q->u.page, vma, q->found))
		return 0;
	return make_page_exclusive(vma, q->found);
}

/* The page tables of one address space. 0 or -ENOMEM. From 2.6.16 on its name is unuse_mm. */
static int unuse_process(struct quest *q, struct mm_struct *mm)
{
	FN;
	bool chains = wants_chain_nodes() && mmap_since(MMAP_2_6_0);
	bool locks = mmap_since(MMAP_2_6_7);
	struct vm_area_struct *vma;
	int err = 0;

	if (chains && rmap_prepare(&q->u.ready, NULL, GFP_KERNEL))
		return -ENOMEM;
	if (locks)
		lock_mm(q, mm);
	progress_of(SWP_TYPE(q->u.entry))->mm = mm->pid;
	EV(UNUSE_MM, mm->pid, q->u.entry.val);
	vma = unuse_vmas(q, mm);
	if (locks) {
		err = settle_moved(q, vma);
		up_read(&mm->mmap_sem);
	}
	if (chains)
		rmap_release(&q->u.ready);
	return err;
}

/* -- everybody -------------------------------------------------------------------------------- */

static void put_mm(struct mm_struct *mm)
{
	if (mm)
		mmput(mm);
}

static struct mm_struct *held(struct mm_struct *mm)
{
	if (mm)
		atomic_inc(&mm->mm_users);
	return mm;
}

static struct list_head *place_of(struct mm_struct *mm)
{
	return mm ? &mm->mmlist : &VM->mmlist;
}

/* One stop of the way round: an address space, or all files that are memory; 4.0 has been there,
 * see unuse_page. */
static int unuse_one(struct quest *q, struct mm_struct *mm)
{
	int found;

	if (mm)
		return unuse_process(q, mm);
	if (mmap_since(MMAP_4_0) && !swap_is_shmem_of(VM, q->u.entry))
		return 0;
	found = shmem_unuse(q->u.entry, q->u.page);
	q->shmem = found > 0;
	return found < 0 ? found : 0;
}

/* Whose place on the list is this? NULL: init_mm's. */
static struct mm_struct *mm_at(struct list_head *p)
{
	return p == &VM->mmlist ? NULL : list_entry(p, struct mm_struct, mmlist);
}

/* 2.5: without a break, under mmlist_lock, so that nobody has to be held. */
static int go_round_locked(struct quest *q, bool set_start_mm)
{
	struct mm_struct *new_start_mm = q->start_mm;
	struct list_head *p;

	spin_lock(&VM->mmlist_lock);
	for (p = list_next(place_of(q->start_mm));
	     swap_count(q->u.entry) && p != place_of(q->start_mm); p = list_next(p)) {
		struct mm_struct *mm = mm_at(p);
		u32 users = swap_count(q->u.entry);

		if (!mm)
			set_start_mm = true;
		unuse_one(q, mm);
		if (set_start_mm && swap_count(q->u.entry) < users) {
			new_start_mm = mm;
			set_start_mm = false;
		}
	}
	held(new_start_mm);
	spin_unlock(&VM->mmlist_lock);
	put_mm(q->start_mm);
	q->start_mm = new_start_mm;
	return 0;
}

/* 2.6, at one stop: mmlist_lock is not held, mm is. true: a user less, this is where the next slot
 * may begin. */
static bool stop_at(struct quest *q, struct mm_struct *mm, bool *set_start_mm, int *err)
{
	u32 users;

	cond_resched();
	users = swap_count(q->u.entry);
	if (!mm && users)
		*set_start_mm = true;
	if (users)
		*err = unuse_one(q, mm);
	return *set_start_mm && swap_count(q->u.entry) < users;
}

/* 2.6: the lock is dropped for each of them, and who is searched is held. */
static int go_round(struct quest *q, bool set_start_mm)
{
	struct mm_struct *new_start_mm = held(q->start_mm), *prev_mm = held(q->start_mm);
	struct list_head *p = place_of(q->start_mm);
	int err = 0;

	spin_lock(&VM->mmlist_lock);
	while (swap_count(q->u.entry) && !err &&
	       (p = list_next(p)) != place_of(q->start_mm)) {
		struct mm_struct *mm = mm_at(p);

		if (mm && !hold_mm(mm))
			continue;
		spin_unlock(&VM->mmlist_lock);
		put_mm(prev_mm);
		prev_mm = mm;
		if (stop_at(q, mm, &set_start_mm, &err)) {
			put_mm(new_start_mm);
			new_start_mm = held(mm);
			set_start_mm = false;
		}
		spin_lock(&VM->mmlist_lock);
	}
	spin_unlock(&VM->mmlist_lock);
	put_mm(prev_mm);
	put_mm(q->start_mm);
	q->start_mm = new_start_mm;
	return err;
}

/* -- one slot --------------------------------------------------------------------------------- */

/* Do not keep alive who is about to exit. */
static void forget_exiting(struct quest *q)
{
	if (!q->start_mm || atomic_read(&q->start_mm->mm_users) != 1)
		return;
	mmput(q->start_mm);
	q->start_mm = NULL;
}

/* Wait before taking the lock too: a fault knows at once where the page belongs, and is faster than
 * a search. */
static void wait_and_lock(struct page *page)
{
	wait_on_page_locked(page);
	wait_on_page_writeback(page);
	lock_page(page);
	wait_on_page_writeback(page);
}

/* Where the users of the last slot were, and then everywhere else. 0 or -ENOMEM. */
static int unuse_users(struct quest *q)
{
	u32 users = swap_count(q->u.entry);
	bool set_start_mm;
	int err = 0;

	q->shmem = false;
	EV(UNUSE_SLOT, q->u.entry.val, page_to_pfn(q->u.page), users);
	if (users)
		err = unuse_one(q, q->start_mm);
	if (!swap_count(q->u.entry))
		return err;
	set_start_mm = swap_count(q->u.entry) >= users;
	if (!mmap_since(MMAP_2_6_0))
		return go_round_locked(q, set_start_mm);
	return err ? err : go_round(q, set_start_mm);
}

static void let_go(struct page *page)
{
	unlock_page(page);
	page_cache_release(page);
}

/*
 * Somebody may have taken the page out of the swap cache before it was locked, or while it was not
 * (lock_mm); it may even be back there for a slot of another area, and not written yet. From 2.6.29
 * on, when a reference no longer keeps it in, that is asked (68bdc8d64742).
 */
static bool is_cached_here(const struct quest *q)
{
	if (!PageSwapCache(q->u.page))
		return false;
	return !mmap_since(MMAP_4_0) || page_swap_entry(q->u.page).val == q->u.entry.val;
}

/*
 * Out of the swap cache, even if somebody has not been found: what he would find on disk must be
 * what is in memory. A page that a file should have got and could not take stays for another lap:
 * its use of the slot, given up to come here quickly, is counted again.
 */
static void leave_swap_cache(struct quest *q)
{
	struct page *page = q->u.page;

	if (swap_count(q->u.entry) && PageDirty(page) && PageSwapCache(page)) {
		swap_writepage(page);
		lock_page(page);
		wait_on_page_writeback(page);
	}
	if (is_cached_here(q)) {
		if (q->shmem)
			swap_duplicate(q->u.entry);
		else
			delete_from_swap_cache(page);
	}
	set_page_dirty(page); /* no pte says so, and on disk it is no more */
	let_go(page);
}

/* The slot's page is locked. 4.0 knows which slots are those of files. 0, -ENOMEM or -EIO. */
static int unuse_page(struct quest *q)
{
	int err = swapoff_ask_uptodate(q->u.page);

	if (err) {
		let_go(q->u.page);
		return err;
	}
	if (swap_is_shmem_of(VM, q->u.entry)) {
		err = unuse_one(q, NULL);
		let_go(q->u.page);
		return err;
	}
	err = unuse_users(q);
	if (err) {
		let_go(q->u.page);
		return err;
	}
	swap_forget_overflow(q->u.entry);
	leave_swap_cache(q);
	return 0;
}

/* 0 or -ENOMEM. */
static int unuse_slot(struct quest *q)
{

	q->u.page = read_swap_cache_async(q->u.entry);
	if (!q->u.page)
		return swap_map_raw(q->u.entry) ? -ENOMEM : 0;
	forget_exiting(q);
	wait_and_lock(q->u.page);
	return unuse_page(q);
}

static int try_to_unuse(u32 type)
{
	FN;
	struct quest q = { .start_mm = NULL };
	u32 slot = 0;
	int err = 0;

	while (!err && (slot = find_next_to_unuse(type, slot))) {
		if (mmap_since(MMAP_2_6_0) && signal_pending()) {
			err = -EINTR;
			break;
		}
		if (slot <= progress_of(type)->slot)
			progress_of(type)->pass++;
		progress_of(type)->slot = slot;
		q.u.entry = SWP_ENTRY(type, slot);
		err = unuse_slot(&q);
		cond_resched();
	}
	put_mm(q.start_mm);
	return err;
}

static const char *const none[] = { NULL };

const struct swapoff_ops swapoff_quadratic = {
	.name = "quadratic",
	.date = "1994 to 2019",
	.idea = "for each slot in use, search everybody's page tables until its users are found",
	.summary =
		"swapoff takes the slots of the area one after the other. It reads the slot's "
		"page, locks it, and then looks for those who use it: through all page tables of "
		"one process after the other, until the slot's count says that all are found. "
		"Calls of unuse_pte_range grow with slots times page tables; seed 003 counted "
		"22.5 million of them for 50 MB.\n"
		"\n"
		"Two things help. It begins where a user of the slot before was found, and goes "
		"on in the order of mmlist, where a child stands behind its parent. And from "
		"2.6.9 on a page that is in the swap cache still, and is known to an anon_vma, "
		"says where in a vma it would be: then one page table is enough.\n"
		"\n"
		"What it does is that of each kernel: 2.5 holds mmlist_lock all the way round, "
		"and does not stop at the first hit in an address space; 2.6 stops there, can be "
		"interrupted by a signal, and asks beforehand whether what is in the area would "
		"fit; from 2.6.8 on mmap_sem is held and what came back is activated; from 2.6.16 "
		"on each page table has its lock; 4.0 looks at the entry again under it.\n"
		"\n"
		"Not modelled: frontswap, memory cgroups' charge, copies of KSM pages, "
		"shmem_replace_page, the blocks of a swap file that is not contiguous; in 2.5.27 "
		"a slot whose count had overflowed was counted as free once too often.",
	.source = "2.5.26 to 4.0 mm/swapfile.c",
	.errata = none,
	.try_to_unuse = try_to_unuse,
};
