/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap slots: in which order they are handed out, by which area, and how they are counted. The
 * expected numbers follow from the rules in facts E.1 to E.5 and E.7 (2.5.26 mm/swapfile.c).
 */
#include "lab.h"

#include <errno.h>

static u32 take(void)
{
	return SWP_OFFSET(get_swap_page());
}

static void give(u32 slot)
{
	swap_free(SWP_ENTRY(0, slot));
}

/* -- scan_swap_map ----------------------------------------------------------------------- */

/*
 * 1,024 slots, usable 1..1023. A cluster is 256 slots, and the slot it begins with is not counted:
 * 257 in a row.
 */
static void cluster_body(void *unused)
{
	u32 i;

	require(VM->nr_swap_pages == 1023 && VM->total_swap_pages == 1023);
	for (i = 1; i <= 100; i++)
		require(take() == i);
	for (i = 1; i <= 10; i++)
		give(i); /* free again, but the cluster goes on */
	for (i = 101; i <= 257; i++)
		require(take() == i);
	/* The cluster is used up. 1..10 are free but are no 256 in a row: 258 begins the next. */
	for (i = 258; i <= 514; i++)
		require(take() == i);
	/* And 515 the third. */
	require(take() == 515);
	require(VM->swap_info[0].cluster_nr == 256);
	for (i = 516; i <= 771; i++)
		require(take() == i);
	/* 772..1023 are only 252 slots: no empty cluster is left. First free, which is slot 1, and
	 * from there on the "cluster" goes on behind it, over what is in use. */
	require(take() == 1);
	require(VM->swap_info[0].cluster_nr == 256);
	for (i = 2; i <= 10; i++)
		require(take() == i);
	for (i = 772; i <= 1018; i++)
		require(take() == i);
	/* 256 slots since slot 1: now first free again, the same place as it happens. */
	require(VM->swap_info[0].cluster_nr == 0);
	for (i = 1019; i <= 1023; i++)
		require(take() == i);
	require(VM->nr_swap_pages == 0);
	require(take() == 0);
}

static void clusters_of_256(void **state)
{
	lab_boot(1024, 1024, 1);
	lab_run(cluster_body, NULL);
	assert_int_equal(lab_count(EV_SLOT_ALLOC), 1023 + 10);
	assert_int_equal(lab_count(EV_SLOT_FULL), 1);
}

/* lowest_bit and highest_bit bound what may be free. */
static void bounds_body(void *unused)
{
	struct swap_info_struct *si = &VM->swap_info[0];
	u32 i;

	require(si->lowest_bit == 1 && si->highest_bit == 7 && si->max == 8 && si->pages == 7);
	require(si->swap_map[0] == SWAP_MAP_BAD);
	for (i = 1; i <= 7; i++)
		require(take() == i);
	require(si->lowest_bit == 8 && si->highest_bit == 0); /* max and 0: full */
	require(take() == 0);
	give(5);
	require(si->lowest_bit == 5 && si->highest_bit == 5);
	give(3);
	require(si->lowest_bit == 3 && si->highest_bit == 5);
	require(VM->nr_swap_pages == 2);
	require(take() == 3 && si->lowest_bit == 4);
	/* Behind slot 3 in the cluster. 4 is in use, but the bounds only know that 5 is. */
	require(take() == 5 && si->lowest_bit == 4 && si->highest_bit == 4);
}

static void bounds(void **state)
{
	lab_boot(256, 8, 1);
	lab_run(bounds_body, NULL);
}

/* -- several areas ------------------------------------------------------------------------- */

static void expect_entry(u32 type, u32 slot)
{
	swp_entry_t entry = get_swap_page();

	require(SWP_TYPE(entry) == type && SWP_OFFSET(entry) == slot);
}

/*
 * Areas 0 and 1 with priority 5, area 2 with 1; three usable slots each. Area 1 was added later and
 * stands before area 0, since a new area goes before those of its own priority.
 */
static void rotation_body(void *unused)
{
	require(sys_swapon(4 * PAGE_SIZE, 5) == 0);
	require(sys_swapon(4 * PAGE_SIZE, 5) == 1);
	require(sys_swapon(4 * PAGE_SIZE, 1) == 2);
	require(VM->swap_list_head == 1 && VM->swap_info[1].next == 0);
	require(VM->swap_info[0].next == 2 && VM->swap_info[2].next == -1);
	expect_entry(1, 1);
	expect_entry(0, 1);
	expect_entry(1, 2);
	expect_entry(0, 2);
	expect_entry(1, 3);
	expect_entry(0, 3);
	expect_entry(2, 1); /* only when the better ones are full */
	swap_free(SWP_ENTRY(0, 2)); /* one slot of a better area: it is its turn */
	require(VM->swap_list_next == 0 || VM->swap_list_next == 1);
	expect_entry(0, 2);
	expect_entry(2, 2);
	expect_entry(2, 3);
	require(get_swap_page().val == 0);
}

static void equal_priorities_take_turns(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(rotation_body, NULL);
}

/* Area 0 is best and full; 1 and 2 take turns, so the next turn is not at the head of the list. A
 * slot of area 0 that becomes free changes that. */
static void better_body(void *unused)
{
	require(sys_swapon(2 * PAGE_SIZE, 5) == 0);
	require(sys_swapon(4 * PAGE_SIZE, 1) == 1);
	require(sys_swapon(4 * PAGE_SIZE, 1) == 2);
	expect_entry(0, 1);
	expect_entry(2, 1);
	require(VM->swap_list_next == 1);
	swap_free(SWP_ENTRY(2, 1)); /* no better than whose turn it is */
	require(VM->swap_list_next == 1);
	swap_free(SWP_ENTRY(0, 1));
	require(VM->swap_list_next == 0);
	expect_entry(0, 1);
}

static void a_better_area_comes_first(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(better_body, NULL);
}

static void swapon_body(void *unused)
{
	u32 i, before;

	require(sys_swapon(0, -1) == -EINVAL);
	require(sys_swapon(PAGE_SIZE, -1) == -EINVAL);
	require(sys_swapon(2 * PAGE_SIZE, -2) == -EINVAL);
	require(sys_swapon(2 * PAGE_SIZE, 32768) == -EINVAL);
	require(VM->nr_swap_pages == 0 && VM->swap_list_head == -1);
	/* Automatic priorities go down; those that failed took none. */
	require(sys_swapon(2 * PAGE_SIZE, -1) == 0 && VM->swap_info[0].prio == -1);
	require(sys_swapon(2 * PAGE_SIZE, -1) == 1 && VM->swap_info[1].prio == -2);
	require(sys_swapon(2 * PAGE_SIZE, 32767) == 2 && VM->swap_list_head == 2);
	require(VM->swap_info[2].next == 0 && VM->swap_info[0].next == 1);
	for (i = 3; i < 32; i++)
		require(sys_swapon(2 * PAGE_SIZE, 0) == (int)i);
	require(sys_swapon(2 * PAGE_SIZE, 0) == -EPERM);
	require(VM->nr_swapfiles == 32 && VM->nr_swap_pages == 32);
	/* swap_map: two bytes a slot. Each area above took one frame. */
	before = nr_free_pages();
	require(VM->swap_info[31].map_pages == 1);
	require(before > 0);
}

static void thirty_two_areas(void **state)
{
	lab_boot(1024, 0, 1);
	lab_run(swapon_body, NULL);
	lab_op_fails(EPERM, OP_SWAPON, 0, (const u64[6]){ 1 << 20, 0 });
}

/* 8,192 slots of two bytes are four frames, and nothing else is taken from the model's memory. */
static void map_is_charged(void **state)
{
	u32 before;

	lab_boot(1024, 0, 1);
	before = m->vm->zones[0].free_pages;
	OP(SWAPON, 0, 32 << 20, (u64)-1);
	assert_int_equal(before - m->vm->zones[0].free_pages, 4);
	assert_int_equal(m->vm->swap_info[0].map_pages, 4);
	/* An area whose map is larger than memory is refused. */
	before = m->vm->zones[0].free_pages;
	OP_FAILS(ENOMEM, SWAPON, 0, 16ull << 30, (u64)-1);
	assert_int_equal(before, m->vm->zones[0].free_pages);
	assert_int_equal(m->vm->swap_info[1].flags, 0);
	assert_int_equal(OP(SWAPON, 0, 1 << 20, (u64)-1), 1);
	assert_int_equal(m->vm->swap_info[1].prio, -2);
}

/* -- counting ------------------------------------------------------------------------------ */

static void count_body(void *unused)
{
	swp_entry_t entry = get_swap_page();
	u16 *users = &VM->swap_info[0].swap_map[SWP_OFFSET(entry)];

	require(*users == 1);
	require(swap_duplicate(entry) == 1 && *users == 2);
	*users = SWAP_MAP_MAX - 2;
	require(swap_duplicate(entry) == 1 && *users == SWAP_MAP_MAX - 1);
	require(swap_duplicate(entry) == 1 && *users == SWAP_MAP_MAX);
	require(swap_duplicate(entry) == 1 && *users == SWAP_MAP_MAX);
	swap_free(entry); /* a saturated count is never taken back */
	require(*users == SWAP_MAP_MAX);
	*users = 1;
	swap_free(entry);
	require(*users == 0);
	require(swap_duplicate(entry) == 0); /* nobody has it */
	require(swap_duplicate(SWP_ENTRY(0, 0)) == 0); /* the header */
	require(swap_duplicate(SWP_ENTRY(0, 64)) == 0); /* beyond the end */
	require(swap_duplicate(SWP_ENTRY(7, 1)) == 0); /* no such area */
	swap_free(SWP_ENTRY(7, 1));
	require(VM->nr_swap_pages == 63);
}

static void counting(void **state)
{
	lab_boot(256, 64, 1);
	lab_run(count_body, NULL);
}

/* -- read-ahead ------------------------------------------------------------------------------ */

static int handles(u32 slot, u32 *first)
{
	*first = 0;
	return valid_swaphandles(SWP_ENTRY(0, slot), first);
}

static void readahead_body(void *unused)
{
	u32 i, first;

	for (i = 1; i <= 30; i++)
		take();
	require(handles(9, &first) == 8 && first == 8);
	require(handles(3, &first) == 7 && first == 1); /* behind the header */
	give(10);
	require(handles(12, &first) == 2 && first == 8); /* cut before the slot that is wanted */
	require(handles(30, &first) == 7 && first == 24); /* 31 is free */
	VM->swap_info[0].swap_map[17] = SWAP_MAP_BAD;
	require(handles(20, &first) == 1 && first == 16);
	VM->page_cluster = 0;
	require(handles(9, &first) == 0);
	VM->page_cluster = 2;
	require(handles(7, &first) == 4 && first == 4);
}

static void readahead_window(void **state)
{
	struct machine_config config = {
		.ram = 1 << 20, .swap = 40 << PAGE_SHIFT, .cpus = 1, .page_cluster = 3,
	};

	lab_boot_config(config);
	lab_run(readahead_body, NULL);
}

/* 2 below 16 MiB, else 3 (swap_setup). */
static void page_cluster_by_size(void **state)
{
	lab_boot(4095, 0, 1);
	assert_int_equal(m->vm->page_cluster, 2);
	lab_destroy(NULL);
	lab_boot(4096, 0, 1);
	assert_int_equal(m->vm->page_cluster, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(clusters_of_256, lab_destroy),
		cmocka_unit_test_teardown(bounds, lab_destroy),
		cmocka_unit_test_teardown(equal_priorities_take_turns, lab_destroy),
		cmocka_unit_test_teardown(a_better_area_comes_first, lab_destroy),
		cmocka_unit_test_teardown(thirty_two_areas, lab_destroy),
		cmocka_unit_test_teardown(map_is_charged, lab_destroy),
		cmocka_unit_test_teardown(counting, lab_destroy),
		cmocka_unit_test_teardown(readahead_window, lab_destroy),
		cmocka_unit_test_teardown(page_cluster_by_size, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
