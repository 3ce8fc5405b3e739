/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim without rmap (2.5.26): the clock. Where its hand is, when it moves and how far, when the
 * walk begins, and what the lists have to say. The figures are arithmetic on facts A.2 to A.9; what
 * becomes of a single pte is in t341.
 */
#include "scanlab.h"

static u32 pid, at;

/* -- where the hand is --------------------------------------------------------------------- */

/* 32 pages and no more; the next call goes on behind them. */
static void the_walk_goes_on_where_it_stopped(void **state)
{
	scan_boot(256, 128, 1);
	pid = idle_and_more(40, &at);
	assert_int_equal(lap(), 1);
	assert_int_equal(lab_count(EV_UNMAP_ONE), 32);
	assert_int_equal(mm_of(pid)->swap_address, at + PAGES(32));
	assert_ptr_equal(m->vm->swap_mm, mm_of(pid));
	assert_int_equal(lab_count(EV_SWAP_OUT_LAP), 1); /* the bystander's */
	assert_true(pte_of(pid, at + 31 * PAGE_SIZE).swap);
	assert_true(pte_of(pid, at + 32 * PAGE_SIZE).present);
	assert_sound();
}

static void and_then_with_the_next(void **state)
{
	u32 second, there;

	scan_boot(256, 128, 1);
	second = idle_and_more(30, &there);
	pid = idle_and_more(40, &at); /* in front of it */
	assert_int_equal(lap(), 1);
	assert_int_equal(go_on(), 1); /* 8 here, 24 there */
	assert_int_equal(lab_first(EV_SWAP_OUT_MM)->a[0], pid);
	assert_int_equal(lab_first(EV_SWAP_OUT_MM)->a[1], at + PAGES(32));
	assert_int_equal(lab_first(EV_SWAP_HAND)->a[0], second);
	assert_int_equal(lab_count(EV_UNMAP_ONE), 32);
	assert_int_equal(mm_of(pid)->rss, 0);
	assert_int_equal(mm_of(second)->rss, 6);
	assert_int_equal(mm_of(second)->swap_address, there + PAGES(24));
	assert_int_equal(mm_of(pid)->swap_address, 0); /* wound back as the hand left */
	assert_sound();
}

/* Whether a vma is the last is asked before whether enough was found: what the last vma still has
 * is left out for this lap. */
static void the_rest_of_the_last_vma_is_left_out(void **state)
{
	u32 second, there;

	scan_boot(256, 128, 1);
	second = idle_and_more(40, &there);
	pid = idle_process(40, &at);
	assert_int_equal(lap(), 1);
	assert_int_equal(mm_of(pid)->rss, 8);
	assert_int_equal(mm_of(pid)->swap_address, TASK_SIZE);
	assert_int_equal(go_on(), 1);
	assert_int_equal(mm_of(pid)->rss, 8);
	assert_int_equal(mm_of(second)->rss, 8);
	assert_sound();
}

/* Only page tables move the cursor, and only what they hold is looked at: a vma of a gigabyte that
 * nobody touched costs a look at 257 directory entries. */
static void empty_space_costs_nothing(void **state)
{
	scan_boot(256, 64, 1);
	pid = lab_process(1, &at);
	OP(MMAP, pid, 0x50001000, 1u << 30, RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, pid, 0x50001000 + PAGES(5), 1);
	lap();
	/* The page table of the first vma does not exist; of the second, the first does. */
	assert_int_equal(m->counters.vmas_visited, 2);
	assert_int_equal(m->counters.ptes_scanned, 1023);
	assert_int_equal(m->counters.ptes_visited, 1);
	assert_int_equal(lab_count(EV_SWAP_OUT_VMA), 2);
	assert_int_equal(lab_count_of(EV_SWAP_OUT_LAP, pid), 1);
}

/* One visit more than there are address spaces: a process that is alone is visited twice, and what
 * the first visit spared the second takes. */
static void who_is_alone_is_visited_twice(void **state)
{
	scan_boot(256, 64, 1);
	OP(EXIT, bystander);
	pid = lab_process(10, &at);
	OP(TOUCH, pid, at, PAGES(10), 1);
	assert_int_equal(go_on(), 0);
	assert_int_equal(lab_count(EV_SWAP_OUT_MM), 2);
	assert_int_equal(m->counters.mms_visited, 2);
	assert_int_equal(m->counters.ptes_visited, 20);
	assert_int_equal(m->counters.ptes_unmapped, 10);
	assert_sound();
}

/* -- the blind lap ------------------------------------------------------------------------- */

/* Everything was used since the last time: a whole lap clears accessed bits and frees nothing. */
static void a_lap_over_used_memory_frees_nothing(void **state)
{
	u32 i, where[3], who[3];

	scan_boot(512, 256, 1);
	for (i = 0; i < 3; i++) {
		who[i] = lab_process(50, &where[i]);
		OP(TOUCH, who[i], where[i], PAGES(50), 1);
	}
	assert_int_equal(lap(), 0);
	assert_int_equal(m->counters.ptes_visited, 150);
	assert_int_equal(m->counters.ptes_unmapped, 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(mm_of(who[i])->rss, 50);
	/* The next looks at as many ptes as it needs. */
	assert_int_equal(lap(), 1);
	assert_int_equal(m->counters.ptes_visited, 150 + 32);
	assert_int_equal(m->counters.ptes_unmapped, 32);
	assert_sound();
}

/* -- who goes away ------------------------------------------------------------------------- */

static void the_hand_moves_on_from_who_exits(void **state)
{
	u32 second, there;

	scan_boot(256, 128, 1);
	second = idle_process(30, &there);
	pid = idle_process(40, &at);
	lap();
	assert_ptr_equal(m->vm->swap_mm, mm_of(pid));
	OP(EXIT, pid);
	assert_ptr_equal(m->vm->swap_mm, mm_of(second));
	OP(EXIT, second);
	assert_ptr_equal(m->vm->swap_mm, mm_of(bystander));
	OP(EXIT, bystander);
	assert_null(m->vm->swap_mm); /* init_mm */
	assert_int_equal(go_on(), 0);
	assert_int_equal(lab_count(EV_SWAP_OUT_MM), 0);
	assert_sound();
}

static void assert_mmlist_broken(void)
{
	struct violation v;

	assert_int_equal(check_machine(m, &v, 1), 1);
	assert_string_equal(v.invariant, "mmlist");
}

/* The checker sees a hand that points at nobody, and a cursor that is no page's address. */
static void a_lost_hand_is_found(void **state)
{
	scan_boot(256, 128, 1);
	assert_sound();
	m->vm->swap_mm = (struct mm_struct *)(void *)m->vm;
	assert_mmlist_broken();
	m->vm->swap_mm = mm_of(bystander);
	mm_of(bystander)->swap_address = 0x40000004;
	assert_mmlist_broken();
	mm_of(bystander)->swap_address = TASK_SIZE;
	assert_sound();
}

/* Its owner exits while it is walked: the walker has the last reference, and takes it down. */
static void exit_in_the_middle(const struct event *ev)
{
	struct mm_struct *mm = mm_of(pid);

	if (ev->kind != EV_SWAP_OUT_VMA || !mm)
		return;
	/* As do_exit on another cpu: all but the walker's reference. */
	thread_by_pid(m, pid)->mm = NULL;
	atomic_dec(&mm->mm_users);
}

static void the_walker_may_be_the_last_user(void **state)
{
	u32 free, pages;

	scan_boot(256, 128, 1);
	free = (u32)lab_free_or_for_ever();
	pid = lab_process(20, &at);
	OP(TOUCH, pid, at, PAGES(20), 1);
	pages = m->vm->mmlist_nr;
	lab_on_event = exit_in_the_middle;
	lap();
	lab_on_event = NULL;
	assert_int_equal(m->vm->mmlist_nr, pages - 1);
	assert_int_equal(lab_free_or_for_ever(), free);
	assert_int_equal(lab_count(EV_PGD_FREE), 1);
}

/* -- when it begins ------------------------------------------------------------------------ */

/* Of a machine with so many frames: pages passed over before the first walk; 0: there was none. */
static u32 passed_over(u32 frames, u32 inactive)
{
	const struct event *begin;
	u32 passed;

	scan_boot_config((struct machine_config){ .ram = PAGES(frames), .cpus = 1 });
	lab_run(fill_inactive, &inactive);
	assert_int_equal(m->vm->nr_inactive, inactive);
	lab_forget();
	OP(RECLAIM, 0, 32);
	begin = lab_count(EV_SWAP_OUT_BEGIN) ? lab_first(EV_SWAP_OUT_BEGIN) : NULL;
	passed = begin ? lab_count_before(EV_SCAN_MAPPED, begin) : 0;
	lab_destroy(NULL);
	return passed;
}

/*
 * max_mapped at priority 6 is 32 << 3 = 256, and max_scan a sixth of the list: the 257th page in
 * use starts the walk if that sixth has it, which is from 6 x 257 = 1,542 inactive pages on. At the
 * other priorities it is 512 of a fifth, 1,024 of a quarter: later still.
 */
static void too_many_pages_in_use(void **state)
{
	assert_int_equal(passed_over(8192, 1541), 0);
	assert_int_equal(passed_over(8192, 1542), 257);
	assert_int_equal(passed_over(4096, 1541), 0);
	assert_int_equal(passed_over(4096, 1542), 257);
	/* Below 16 MiB the limit is smaller: 256 x 1,024 / 4,096 = 64, so 6 x 65. */
	assert_int_equal(passed_over(1024, 389), 0);
	assert_int_equal(passed_over(1024, 390), 65);
}

/* And with that the pass is over, though max_scan was not. */
static void the_walk_ends_the_pass(void **state)
{
	u32 inactive = 600;

	scan_boot_config((struct machine_config){ .ram = PAGES(1024), .cpus = 1 });
	lab_run(fill_inactive, &inactive);
	lab_forget();
	OP(RECLAIM, 0, 32);
	assert_int_equal(lab_event(EV_RECLAIM_BEGIN, 6, 0)->a[2], 100);
	assert_int_equal(lab_count_before(EV_SCAN, lab_event(EV_RECLAIM_END, 6, 0)), 65);
	assert_int_equal(lab_event(EV_RECLAIM_END, 6, 0)->a[1], 32);
}

/* -- the lists ----------------------------------------------------------------------------- */

/* What comes down has PG_referenced: one more use and it is back. A new page needs two. */
static void dance_body(void *arg)
{
	struct page *page = alloc_page(GFP_KERNEL), *fresh = alloc_page(GFP_KERNEL);

	(void)arg;
	lru_cache_add(page);
	activate_page(page);
	SetPageReferenced(page);
	VM->kernel->vmscan->refill_inactive(1); /* referenced: another lap, without the bit */
	require(PageActive(page) && !PageReferenced(page));
	VM->kernel->vmscan->refill_inactive(1);
	require(!PageActive(page) && PageReferenced(page));
	mark_page_accessed(page);
	require(PageActive(page) && !PageReferenced(page));

	lru_cache_add(fresh);
	require(!PageActive(fresh) && !PageReferenced(fresh));
	mark_page_accessed(fresh);
	require(!PageActive(fresh) && PageReferenced(fresh));
	mark_page_accessed(fresh);
	require(PageActive(fresh) && !PageReferenced(fresh));
	put_page(page);
	put_page(fresh);
}

static void one_use_brings_it_back(void **state)
{
	scan_boot(256, 64, 1);
	lab_run(dance_body, NULL);
	assert_sound();
}

/* Every page that is looked at counts, those too that get another lap. */
static void refill_body(void *arg)
{
	struct page *page[6];
	u32 i;

	(void)arg;
	for (i = 0; i < 6; i++) {
		page[i] = alloc_page(GFP_KERNEL);
		lru_cache_add(page[i]);
		activate_page(page[i]);
		if (i < 3)
			SetPageReferenced(page[i]);
	}
	VM->kernel->vmscan->refill_inactive(4); /* three have the bit, the fourth goes down */
	require(VM->nr_active == 5 && VM->nr_inactive == 1);
	require(!PageActive(page[3]) && !PageReferenced(page[0]));
	require(list_entry(list_prev(&VM->active_list), struct page, lru) == page[4]);
	for (i = 0; i < 6; i++)
		put_page(page[i]);
}

static void refill_counts_what_it_looks_at(void **state)
{
	scan_boot(256, 64, 1);
	lab_run(refill_body, NULL);
	assert_sound();
}

struct truncation {
	struct page *page;
	struct inode *inode;
};

/* A page that is truncated leaves the lists; 2.5.27 lets it lie there. */
static void truncated_body(void *arg)
{
	struct truncation *d = arg;

	get_page(d->page);
	do_truncate(d->inode, 0);
	require(!PageLRU(d->page) && !d->page->mapping && page_count(d->page) == 1);
	put_page(d->page);
}

static void truncated_pages_leave_the_lists(void **state)
{
	struct truncation d;
	u32 ino;

	scan_boot(256, 64, 1);
	ino = (u32)OP(FILE, 0, PAGE_SIZE);
	OP(FILE_READ, 0, ino, 0);
	d.inode = list_entry(list_next(&m->vm->inodes), struct inode, inodes);
	d.page = radix_tree_lookup(&d.inode->i_data.page_tree, 0);
	lab_run(truncated_body, &d);
	assert_int_equal(m->vm->nr_inactive + m->vm->nr_active, 0);
	assert_sound();
}

#define T(name) cmocka_unit_test_teardown(name, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_walk_goes_on_where_it_stopped), T(and_then_with_the_next),
		T(the_rest_of_the_last_vma_is_left_out), T(empty_space_costs_nothing),
		T(who_is_alone_is_visited_twice), T(a_lap_over_used_memory_frees_nothing),
		T(the_hand_moves_on_from_who_exits), T(a_lost_hand_is_found),
		T(the_walker_may_be_the_last_user), T(too_many_pages_in_use),
		T(the_walk_ends_the_pass), T(one_use_brings_it_back),
		T(refill_counts_what_it_looks_at), T(truncated_pages_leave_the_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
