/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The short way: fork and exit over a run of plain entries while nobody watches (sim/machine.h).
 *
 *	| plain | plain | plain | swap | plain | ...
 *	'--- a run, in one go --'      '---- the next
 *	                        '------' as ptes_2002.h, 2004.h, 2006.h have it, entry by entry
 *
 * An entry is plain if nothing comes of it but numbers: its page is there, is counted, has other
 * users and stays as it is. Then neither a function that can sleep is called nor can a BUG_ON come
 * true, so that nobody can tell in which order the steps were made, or whether each of them was
 * counted, charged and entered into the call stack by itself. What they come to is added up at the
 * end of a run by each era. Any other entry ends the run, untouched.
 *
 * A run is made of rows:
 *
 *	| 7001 | 6001 | 5001 | 2001 | 3001 | ...     entries that are alike but for the frame,
 *	'--- a row: down ----'------ up ---'         which is next to the one before, as the
 *	                                             allocator deals them out
 *
 * What is asked of the bits of an entry, and where its page is, is then found out once for a row.
 *
 * A generation says in its own words what such an entry is to it, with two functions beside its
 * page_add_rmap and page_remove_rmap; false: not plain, nothing was done.
 *
 *	add_plain(way, page, ptep, ready)  *ptep will map page, which another pte does already
 *	remove_plain(way, page, ptep)      *ptep maps page, and is not the last
 *	PLAIN_ASKED, PLAIN_FLAGS           they know pages whose flags & ASKED are FLAGS
 *	begin_plain(way)                   before a run: what they want to have at hand
 *	end_plain_adds(way, nr)            after it: what so many of them count and charge, and
 *	end_plain_removes(way, nr)         what was at hand goes back
 *
 * or, if it keeps nothing but a count in the page, where that is and what it is for one mapping:
 *
 *	PLAIN_COUNT(page), PLAIN_ONE
 */
#ifndef MM_PTES_QUIET_H
#define MM_PTES_QUIET_H

#include "mm/ptes.h"

/* So many entries, and how many of them were of anonymous pages, where the era wants to know. */
struct plain_run {
	u32 nr, anon;
};

#ifndef RSS_BY_KIND
#define RSS_BY_KIND false
#endif

#ifdef QUIET

/* Compiled anew for each constant that it is called with. */
#define EACH inline __attribute__((always_inline))

#ifdef PLAIN_COUNT
static inline bool add_plain(struct plain_way *way, struct page *page, const pte_t *ptep,
			     struct rmap_ready *ready)
{
	(void)way, (void)ptep, (void)ready;
	PLAIN_COUNT(page)++;
	return true;
}

static inline bool remove_plain(struct plain_way *way, struct page *page, const pte_t *ptep)
{
	(void)way, (void)ptep;
	if (PLAIN_COUNT(page) <= PLAIN_ONE)
		return false;
	PLAIN_COUNT(page)--;
	return true;
}

#define begin_plain(way) ((void)(way))
#define end_plain_adds(way, nr) ((void)(way), (void)(nr))
#define end_plain_removes(way, nr) end_plain_adds(way, nr)
#endif

#ifndef PLAIN_ASKED
#define PLAIN_ASKED (1u << PG_reserved)
#define PLAIN_FLAGS 0u
#endif

/* The way of a run that begins. */
static inline struct plain_way plain_way(void)
{
	const struct machine *m = current->machine;
	struct plain_way way = {
		.mem_map = m->mem_map, .nr_frames = m->nr_frames,
		.window = (uintptr_t)m->ram - PAGE_OFFSET,
	};

	begin_plain(&way);
	return way;
}

struct plain_row {
	u32 pte;           /* what the next entry says, if it belongs to the row */
	struct page *page; /* its page */
	s32 step;          /* frames from one to the next: 1 or -1 */
	u32 nr;            /* so many entries, at most */
};

/* The row of at most nr that begins at ptep. nr in it is 0: there is none. */
static inline struct plain_row plain_row(const struct plain_way *way, const pte_t *ptep, u32 nr)
{
	u32 pte = (u32)ptep_get(ptep), pfn = pte_pfn(pte);
	u32 next = nr > 1 ? (u32)ptep_get(pte_at(ptep, 1)) : 0;
	struct plain_row row = { .pte = pte, .page = way->mem_map + pfn, .step = 1 };
	u32 frames = way->nr_frames - pfn;

	if (!pte_present(pte) || pfn >= way->nr_frames)
		return row;
	if (next == pte - PAGE_SIZE) {
		row.step = -1;
		frames = pfn + 1;
	}
	row.nr = nr < frames ? nr : frames;
	return row;
}

static inline void row_step(struct plain_row *row)
{
	row->pte += row->step * PAGE_SIZE;
	row->page += row->step;
}

/* Those of a row at src_pte that are plain. protect: what all of the parent's entries lose. */
static EACH u32 copy_row(struct plain_way *way, struct plain_row row, struct pte_copy *c,
			 pte_t *dst_pte, pte_t *src_pte, u32 protect, u32 *anon)
{
	u32 gone = row.pte & (protect | _PAGE_ACCESSED | (c->shared ? _PAGE_DIRTY : 0));
	const pte_t *end = pte_at(src_pte, row.nr);
	pte_t *from = src_pte, *to = dst_pte;

	for (; from != end; from = pte_at(from, 1), to = pte_at(to, 1), row_step(&row)) {
		if ((u32)ptep_get(from) != row.pte ||
		    (row.page->flags & PLAIN_ASKED) != PLAIN_FLAGS ||
		    !add_plain(way, row.page, to, &c->ready))
			break;
		if (protect)
			entry_set(from, row.pte - protect);
		entry_set(to, row.pte - gone);
		get_page(row.page);
		*anon += RSS_BY_KIND && PageAnon(row.page);
	}
	return pte_distance(src_pte, from);
}

/* At most nr entries from src_pte on, all in one table. */
static APART struct plain_run copy_plain_ptes(struct pte_copy *c, pte_t *dst_pte,
					      pte_t *src_pte, u32 nr)
{
	struct plain_way way = plain_way();
	struct plain_run run = { 0 };
	u32 n = 1;

	for (; n && run.nr < nr; run.nr += n) {
		pte_t *to = pte_at(dst_pte, run.nr), *from = pte_at(src_pte, run.nr);
		struct plain_row row = plain_row(&way, from, nr - run.nr);

		if (c->cow && pte_write(row.pte))
			n = copy_row(&way, row, c, to, from, _PAGE_RW, &run.anon);
		else
			n = copy_row(&way, row, c, to, from, 0, &run.anon);
	}
	count_n(ptes_copied, run.nr);
	end_plain_adds(&way, run.nr);
	return run;
}

/* The same for entries that go. The era says what their bits, D and A, ask of the page: zap_flags
 * it must have, and zaps_plainly. young: the A bit of all of them. */
static EACH u32 zap_row(struct plain_way *way, struct plain_row row, pte_t *ptep, s32 step,
			u32 young, u32 *anon)
{
	u32 bits = (row.pte & _PAGE_DIRTY) | young, flags = PLAIN_FLAGS | zap_flags(bits);
	u32 asked = PLAIN_ASKED | 1u << PG_swapcache | flags;
	const void *swapper_space = &VM->swapper_space;
	const pte_t *end = pte_at(ptep, row.nr);
	pte_t *at = ptep;

	row.step = step;
	for (; at != end; at = pte_at(at, 1), row_step(&row)) {
		struct page *page = row.page;

		if ((u32)ptep_get(at) != row.pte || (page->flags & asked) != flags ||
		    page_count(page) < 2 || page->mapping == swapper_space ||
		    !zaps_plainly(page, bits) || !remove_plain(way, page, at))
			break;
		entry_set(at, 0);
		atomic_dec(&page->count);
		*anon += RSS_BY_KIND && PageAnon(page);
	}
	return pte_distance(ptep, at);
}

static EACH u32 zap_row_towards(struct plain_way *way, struct plain_row row, pte_t *ptep, s32 step,
				u32 *anon)
{
	return pte_young(row.pte) ? zap_row(way, row, ptep, step, _PAGE_ACCESSED, anon) :
				    zap_row(way, row, ptep, step, 0, anon);
}

static APART struct plain_run zap_plain_ptes(struct mmu_gather *tlb, pte_t *ptep, u32 nr)
{
	struct plain_way way = plain_way();
	struct plain_run run = { 0 };
	u32 n = !MUTANT_zap_keeps_rmap;

	for (; n && run.nr < nr; run.nr += n) {
		pte_t *at = pte_at(ptep, run.nr);
		struct plain_row row = plain_row(&way, at, nr - run.nr);

		if (row.step < 0)
			n = zap_row_towards(&way, row, at, -1, &run.anon);
		else
			n = zap_row_towards(&way, row, at, 1, &run.anon);
	}
	count_n(ptes_zapped, run.nr);
	end_plain_removes(&way, run.nr);
	tlb->need_flush |= run.nr > 0;
	return run;
}

#else

static inline struct plain_run copy_plain_ptes(struct pte_copy *c, pte_t *dst_pte,
					       pte_t *src_pte, u32 nr)
{
	(void)c, (void)dst_pte, (void)src_pte, (void)nr;
	return (struct plain_run){ 0 };
}

static inline struct plain_run zap_plain_ptes(struct mmu_gather *tlb, pte_t *ptep, u32 nr)
{
	(void)tlb, (void)ptep, (void)nr;
	return (struct plain_run){ 0 };
}

#endif
#endif
