/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Before July 2002: no reverse mapping at all.
 *
 *	struct page              page tables
 *	+---------+      ?       | ... | pte | ... |
 *	| count 3 |<-------------------'     |
 *	+---------+<-------------------------'
 *
 * A pte names its page, and nothing leads back. A page knows how many references it has, not who
 * has them: a pte, a cache and somebody who just looks at it all count one. So each hook that the
 * page tables have for the rmap does nothing here, and each question is answered as one answers who
 * has not looked. What reclaim does instead is in mm/vmscan_2002a_swap_out.c; what the oracle finds
 * by a full walk is how anybody else would have to find out.
 *
 * Source: seed 000, by the lines that are not there before it.
 */
#define RMAP_GENERATION
#include "rmap/rmap.h"
#include "mm/pgtable.h"

static inline void page_add_rmap(struct page *page, pte_t *ptep)
{
	(void)page, (void)ptep;
}

static inline void page_remove_rmap(struct page *page, pte_t *ptep)
{
	(void)page, (void)ptep;
}

static void no_add(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
		   struct rmap_ready *ready)
{
	(void)vma, (void)address, (void)ready;
	page_add_rmap(page, ptep);
}

/* For mm/ptes_quiet.h. */
QUIETLY bool add_plain(struct plain_way *way, struct page *page, pte_t *ptep,
		       struct rmap_ready *ready)
{
	(void)way, (void)ready;
	page_add_rmap(page, ptep);
	return true;
}

QUIETLY bool remove_plain(struct plain_way *way, struct page *page, pte_t *ptep)
{
	(void)way;
	page_remove_rmap(page, ptep);
	return true;
}

#define begin_plain(way) ((void)(way))
#define end_plain_adds(way, nr) ((void)(way), (void)(nr))
#define end_plain_removes(way, nr) end_plain_adds(way, nr)

/* These two nobody may ask: there is no caller in this kernel, and the operations say ENOSYS. */
static int no_page_referenced(struct page *page, bool is_locked)
{
	(void)page, (void)is_locked;
	BUG_TEXT("this kernel cannot ask who used a page");
}

static int no_try_to_unmap(struct page *page)
{
	(void)page;
	BUG_TEXT("this kernel cannot ask who maps a page");
}

/* "Not that I know." */
static bool no_page_mapped(const struct page *page)
{
	(void)page;
	return false;
}

static u32 no_walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max)
{
	(void)m, (void)page, (void)out, (void)max;
	return 0;
}

static u32 no_mapcount(const struct machine *m, const struct page *page)
{
	(void)m, (void)page;
	return 0;
}

/* Every mapping there is. */
static bool misses(const struct machine *m, const struct page *page, const struct mapping *one)
{
	(void)m, (void)page, (void)one;
	return true;
}

/* There is no structure that could be unsound. */
static bool check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw)
{
	(void)m, (void)page, (void)flaw;
	return true;
}

static bool check_all(const struct machine *m, u32 mappings, u32 in_flight, struct rmap_flaw *flaw)
{
	(void)m, (void)mappings, (void)in_flight, (void)flaw;
	return true;
}

#define FORK_ASKS_WRITE true
#include "mm/ptes_2002.h"

const struct rmap_ops RMAP_TABLE(2002a_no_rmap) = {
	.name = "no_rmap",
	.file = "engine/rmap/2002a_no_rmap.c",
	.idea = "no page knows who maps it; page tables are walked until they were all met",
	.blind = true,
	.page_add_anon_rmap = no_add,
	.page_add_file_rmap = no_add,
	.page_dup_rmap = no_add,
	.page_remove_rmap = page_remove_rmap,
	.copy_ptes = copy_ptes,
	.zap_ptes = zap_pte_range,
	.page_referenced = no_page_referenced,
	.try_to_unmap = no_try_to_unmap,
	.page_mapped = no_page_mapped,
	.walk = no_walk,
	.mapcount = no_mapcount,
	.misses = misses,
	.check = check,
	.check_all = check_all,
};
