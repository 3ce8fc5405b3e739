/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page's way out to swap and in again in 2.6, and how often its slot and itself are counted on
 * the way: the drawing in swap_state.c (facts E.2, E.5 to E.7, G.10). On every kernel that has it.
 */
#include "lrulab.h"
#include "rmap/rmap.h"

#include <errno.h>

#define SLOT 1 /* the first that is given out */

/* -- on the way out ------------------------------------------------------------------------ */

static struct vm_state *vm;

/* Where the kernel keeps that a page is in the swap cache, and its slot. */
static bool says_so(const struct page *it, u32 slot)
{
	if (row->swapcache_flag)
		return it->flags >> PG_swapcache & 1 && it->private == slot &&
		       it->mapping != &vm->swapper_space;
	return it->mapping == &vm->swapper_space && it->index == slot &&
	       !(it->flags >> PG_swapcache & 1);
}

static void add_body(void *unused)
{
	struct page *other = alloc_page(GFP_HIGHUSER);
	swp_entry_t entry;

	lock_page(mine);
	require(add_to_swap(mine) == 1);
	require(lab_claims(SLOT) == 1); /* the cache's, from the beginning */
	require(page_count(mine) == 2);               /* the pte and the cache */
	require(PageSwapCache(mine) && PageDirty(mine) && PageUptodate(mine));
	require(says_so(mine, SLOT));
	require(page_mapping(mine) == &VM->swapper_space && page_swap_entry(mine).val == SLOT);
	require(VM->swapper_space.nrpages == 1 && page_mapped(mine));

	/* Somebody else is not let in under the same entry, and counts nothing. */
	entry = SWP_ENTRY(0, SLOT);
	lock_page(other);
	require(add_to_swap_cache(other, entry) == -EEXIST && lab_claims(SLOT) == 1);
	require(!PageSwapCache(other) && page_count(other) == 1);
	require(add_to_swap_cache(other, SWP_ENTRY(0, SLOT + 1)) == -ENOENT);
	unlock_page(other);
	put_page(other);
	unlock_page(mine);
}

static void delete_body(void *unused)
{
	lock_page(mine);
	delete_from_swap_cache(mine);
	require(!PageSwapCache(mine) && page_count(mine) == 1 && page_mapped(mine));
	require(lab_claims(SLOT) == 0 && VM->swapper_space.nrpages == 0);
	require(!row->swapcache_flag || mine->private == 0);
	SetPageDirty(mine);
	unlock_page(mine);
}

DEFINE_ROW_TEST(the_cache_owns_the_first_count)
{
	one_page(256, 64);
	make_idle(pfn);
	vm = m->vm;
	lab_run(add_body, NULL);
	lab_run(delete_body, NULL);
	assert_int_equal(lab_count_of(EV_SWAPCACHE_ADD, pfn), 1);
	assert_int_equal(lab_count_of(EV_SWAPCACHE_DEL, pfn), 1);
	assert_int_equal(m->vm->nr_swap_pages, 63);
	assert_int_equal(OP(READ, pid, at), 4711);
}

/* -- out and in again ---------------------------------------------------------------------- */

/* Three processes: the cache and three ptes; on disk, three; each that comes back takes its own. */
DEFINE_ROW_TEST(out_and_in_again)
{
	u32 child[2], i;

	one_page(256, 64);
	child[0] = (u32)OP(FORK, pid, 0);
	child[1] = (u32)OP(FORK, pid, 0);
	make_idle(pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
	assert_int_equal(lab_claims(SLOT), 1 + 3);
	assert_int_equal(page_count(mine), 1);
	assert_int_equal(OP(RECLAIM, 0, 1), 1); /* written, and freed */
	assert_int_equal(lab_claims(SLOT), 3);
	assert_int_equal(page_count(mine), 0);

	assert_int_equal(OP(READ, child[1], at), 4711);
	assert_int_equal(lab_claims(SLOT), 1 + 2);
	for (i = 0; i < 2; i++)
		assert_int_equal(OP(READ, i ? pid : child[0], at), 4711);
	assert_int_equal(m->counters.pswpin, 1); /* the others found it in the cache */
	assert_int_equal(lab_pfn(pid, at), lab_pfn(child[0], at));
	assert_int_equal(lab_claims(SLOT), 1);
	OP(EXIT, child[0], 0);
	OP(EXIT, child[1], 0);
	OP(EXIT, pid, 0);
	assert_int_equal(lab_claims(SLOT), 0);
	assert_int_equal(m->vm->nr_swap_pages, 63);
}

/* What comes from disk is put on the active list by whoever brings it in, read-ahead too, and the
 * pagevec is drained then. */
DEFINE_ROW_TEST(what_comes_in_is_active)
{
	struct page *back;
	u32 i, frames[8];

	row_boot(256, 64, 1);
	pid = lab_process(8, &at);
	for (i = 0; i < 8; i++) {
		OP(WRITE, pid, at + i * PAGE_SIZE, i);
		frames[i] = lab_pfn(pid, at + i * PAGE_SIZE);
		make_idle(frames[i]);
		assert_int_equal(OP(UNMAP, 0, frames[i]), SWAP_SUCCESS);
	}
	assert_int_equal(OP(RECLAIM, 0, 8), 8);
	lab_forget();
	assert_int_equal(OP(READ, pid, at + 4 * PAGE_SIZE), 4); /* slot 5: 4 to 7 are read */
	back = &m->vm->mem_map[lab_pfn(pid, at + 4 * PAGE_SIZE)];
	assert_true(PageLRU(back) && PageActive(back));
	assert_int_equal(m->counters.pswpin, 4);
	assert_int_equal(lab_count(EV_LRU_ADD), 4);
	assert_int_equal(lru_2004.queued(m->vm, NULL, 0), 0);
}

/* -- whose page is it? --------------------------------------------------------------------- */

static void share_body(void *unused)
{
	bool by_count = row->swap_share == SHARE_BY_COUNT;

	lock_page(mine);
	require(add_to_swap(mine) == 1);
	get_page(mine); /* a pagevec, or somebody who looks */
	require(can_share_swap_page(mine) == !by_count);
	put_page(mine);
	if (row->swap_share == SHARE_REUSE) {
		require(!PageSwapCache(mine) && PageDirty(mine)); /* it was taken out */
		require(add_to_swap(mine) == 1);
	}
	require(can_share_swap_page(mine));
	require(PageSwapCache(mine) == (row->swap_share != SHARE_REUSE));
	if (row->swap_share == SHARE_REUSE)
		require(add_to_swap(mine) == 1);
	swap_duplicate(page_swap_entry(mine)); /* somebody else has it, on disk */
	require(!can_share_swap_page(mine) && PageSwapCache(mine));
	swap_free(page_swap_entry(mine));
	require(remove_exclusive_swap_page(mine) == 1);
	require(!PageSwapCache(mine) && PageDirty(mine) && page_count(mine) == 1);
	require(can_share_swap_page(mine)); /* it is in no cache, and nobody else has it */
	unlock_page(mine);
}

DEFINE_ROW_TEST(a_page_of_ones_own)
{
	one_page(256, 64);
	make_idle(pfn);
	lab_run(share_body, NULL);
	assert_int_equal(m->vm->nr_swap_pages, 63);
	assert_int_equal(OP(READ, pid, at), 4711);
}

/* -- writing ------------------------------------------------------------------------------- */

/* 2.5.27 drags others along; 2.6 writes exactly the page at hand. */
DEFINE_ROW_TEST(exactly_the_page_at_hand)
{
	u32 i, frames[4];

	row_boot(256, 64, 1);
	pid = lab_process(4, &at);
	for (i = 0; i < 4; i++) {
		OP(WRITE, pid, at + i * PAGE_SIZE, i);
		frames[i] = lab_pfn(pid, at + i * PAGE_SIZE);
		make_idle(frames[i]);
		assert_int_equal(OP(UNMAP, 0, frames[i]), SWAP_SUCCESS);
	}
	mine = &m->vm->mem_map[frames[2]];
	lab_forget();
	OP(SYNC, 0, 0);
	assert_int_equal(m->counters.pswpout, 0); /* sync has nothing to do with swap */
	assert_int_equal(OP(RECLAIM, 0, 4), 4);
	assert_int_equal(m->counters.pswpout, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(lab_count_of(EV_WRITEBACK, frames[i]), 1);
}

/* -- the entry in a pte -------------------------------------------------------------------- */

/* Type in bits 1 to 5, offset from bit 8 on (facts F.2). */
DEFINE_ROW_TEST(the_entry_in_a_pte)
{
	const swp_entry_t last = SWP_ENTRY(31, 0xfffffe);
	struct pte_view pte;

	one_page(256, 64);
	make_idle(pfn);
	OP(UNMAP, 0, pfn);
	assert_true(inspect_pte(m, pid, at, &pte));
	assert_int_equal(pte.raw, SLOT << 8);
	assert_int_equal(swp_entry_pte(false, last), 0xfffffe3e);
	assert_int_equal(pte_to_swp_entry(0xfffffe3eu).val, last.val);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(the_cache_owns_the_first_count),
		ROW_TEST(out_and_in_again),
		ROW_TEST(what_comes_in_is_active),
		ROW_TEST(a_page_of_ones_own),
		ROW_TEST(exactly_the_page_at_hand),
		ROW_TEST(the_entry_in_a_pte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
