/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two lists: how a page climbs (mark_page_accessed, facts A.9) and in which order it comes down
 * again (refill_inactive of seed 000, facts B.13).
 */
#include "lab.h"
#include "rmap/rmap.h"

#define MAX_PAGES 16

static struct page *pages[MAX_PAGES];

/* Is the list, from the head, exactly these pages? */
static bool list_is(const struct list_head *head, u32 count, const u32 *which)
{
	struct list_head *pos;
	u32 i = 0;

	list_for_each(pos, head) {
		if (i == count || list_entry(pos, struct page, lru) != pages[which[i]])
			return false;
		i++;
	}
	return i == count;
}
#define ACTIVE_IS(n, ...) list_is(&VM->active_list, n, (const u32[]){ __VA_ARGS__ })
#define INACTIVE_IS(n, ...) list_is(&VM->inactive_list, n, (const u32[]){ __VA_ARGS__ })

static void make_pages(u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		lru_cache_add(pages[i]);
	}
}

/* -- up -------------------------------------------------------------------------------------- */

static void ladder_body(void *unused)
{
	make_pages(1);
	require(!PageActive(pages[0]) && !PageReferenced(pages[0]));
	mark_page_accessed(pages[0]);
	require(!PageActive(pages[0]) && PageReferenced(pages[0]));
	mark_page_accessed(pages[0]);
	require(PageActive(pages[0]) && !PageReferenced(pages[0]));
	mark_page_accessed(pages[0]);
	require(PageActive(pages[0]) && PageReferenced(pages[0]));
	mark_page_accessed(pages[0]);
	require(PageActive(pages[0]) && PageReferenced(pages[0]));
	require(VM->nr_active == 1 && VM->nr_inactive == 0);
}

static void ladder(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(ladder_body, NULL);
	assert_int_equal(m->counters.pgactivate, 1);
	assert_int_equal(lab_count(EV_MARK_ACCESSED), 3); /* the fourth changed nothing */
}

static void lists_body(void *unused)
{
	struct page *off_list = alloc_page(GFP_KERNEL);

	make_pages(4);
	require(INACTIVE_IS(4, 3, 2, 1, 0) && VM->nr_inactive == 4); /* new ones to the head */
	lru_cache_add(pages[1]); /* is there already */
	require(INACTIVE_IS(4, 3, 2, 1, 0) && VM->nr_inactive == 4);
	activate_page(pages[2]);
	activate_page(pages[0]);
	activate_page(pages[2]); /* is active already */
	require(ACTIVE_IS(2, 0, 2) && INACTIVE_IS(2, 3, 1));
	require(VM->nr_active == 2 && VM->nr_inactive == 2);
	activate_page(off_list);
	require(!PageActive(off_list) && VM->nr_active == 2);
	/* The last reference takes a page off its list. */
	put_page(pages[0]);
	put_page(pages[3]);
	require(ACTIVE_IS(1, 2) && INACTIVE_IS(1, 1));
	require(VM->nr_active == 1 && VM->nr_inactive == 1);
	require(!PageLRU(pages[0]) && !PageActive(pages[0]) && page_count(pages[0]) == 0);
	lru_cache_del(pages[1]);
	require(!PageLRU(pages[1]) && VM->nr_inactive == 0 && page_count(pages[1]) == 1);
	lru_cache_del(pages[1]);
	require(VM->nr_inactive == 0);
}

static void on_and_off(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(lists_body, NULL);
}

/* -- down ------------------------------------------------------------------------------------ */

static void refill(u32 n)
{
	VM->kernel->vmscan->refill_inactive(n);
}

/* Pages that nobody maps go down from the tail, whatever PG_referenced says, which stays as it is.
 * 2.5.26 kept a referenced page, and marked those that went down. */
static void unmapped_body(void *unused)
{
	u32 i;

	make_pages(5);
	for (i = 0; i < 5; i++)
		activate_page(pages[i]);
	SetPageReferenced(pages[1]);
	require(ACTIVE_IS(5, 4, 3, 2, 1, 0));
	refill(2);
	require(ACTIVE_IS(3, 4, 3, 2) && INACTIVE_IS(2, 1, 0));
	require(PageReferenced(pages[1]) && !PageReferenced(pages[0]));
	refill(0);
	require(VM->nr_active == 3);
	refill(100); /* there are only three */
	require(INACTIVE_IS(5, 4, 3, 2, 1, 0) && VM->nr_active == 0 && VM->nr_inactive == 5);
}

static void unmapped_pages_go_down(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(unmapped_body, NULL);
	assert_int_equal(m->counters.pgdeactivate, 5);
	assert_int_equal(lab_count(EV_REFERENCED), 0); /* nobody asked */
}

static void activate_body(void *unused)
{
	u32 i;

	for (i = 0; i < 4; i++)
		activate_page(pages[i]);
	require(ACTIVE_IS(4, 3, 2, 1, 0));
}

static void rotated_body(void *unused)
{
	require(ACTIVE_IS(4, 1, 0, 3, 2) && VM->nr_inactive == 0);
}

static void mixed_body(void *unused)
{
	require(ACTIVE_IS(2, 2, 0) && INACTIVE_IS(2, 3, 1));
	require(!PageReferenced(pages[0]));
}

/* A page that is mapped is asked whether it was used: by its ptes or by PG_referenced. Both are
 * cleared in asking, so what was asked once must be used again. */
static void mapped_pages_are_asked(void **state)
{
	u32 at, pid, i;

	lab_boot(256, 0, 1);
	pid = lab_process(4, &at);
	for (i = 0; i < 4; i++) {
		OP(WRITE, pid, at + i * PAGE_SIZE, i);
		pages[i] = &m->vm->mem_map[lab_pfn(pid, at + i * PAGE_SIZE)];
	}
	lab_run(activate_body, NULL);
	OP(REFILL, 0, 2); /* 0 and 1: both used, to the head, one after the other */
	lab_run(rotated_body, NULL);
	OP(REFILL, 0, 2); /* 2 and 3 as well: 3 2 1 0 again, all bits clear */
	lab_run(activate_body, NULL);
	/* No flush came with the clearing: the TLB must forget the page to notice the next use. */
	tlb_flush_all(m->cpus[0]);
	OP(READ, pid, at + 2 * PAGE_SIZE);
	pages[0]->flags |= 1u << PG_referenced;
	OP(REFILL, 0, 4);
	lab_run(mixed_body, NULL);
	assert_int_equal(lab_count(EV_ROTATE), 4 + 2);
	assert_int_equal(lab_count(EV_DEACTIVATE), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(ladder, lab_destroy),
		cmocka_unit_test_teardown(on_and_off, lab_destroy),
		cmocka_unit_test_teardown(unmapped_pages_go_down, lab_destroy),
		cmocka_unit_test_teardown(mapped_pages_are_asked, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
