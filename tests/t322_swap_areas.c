/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several swap areas, on every kernel: whose turn it is, what swapon refuses, and where the search
 * in an area goes on. The expected slots follow from facts E.3 and E.4 (early), E.2 and E.5 (late),
 * and from the three versions of scan_swap_map.
 */
#include "lab.h"

#include <errno.h>

static const struct kernel *row;

static void boot_row(const struct kernel *kernel, u32 ram, u32 swap)
{
	struct machine_config config = {
		.ram = (u64)ram << PAGE_SHIFT, .swap = (u64)swap << PAGE_SHIFT, .cpus = 1,
		.page_cluster = 3, .kernel = kernel,
	};

	row = kernel;
	lab_boot_config(config);
}

/* Run a body on the machine of each kernel. */
static void on_each(u32 ram, u32 swap, void (*body)(void *))
{
	for (u32 i = 0; kernels[i]; i++) {
		boot_row(kernels[i], ram, swap);
		lab_run(body, NULL);
		lab_destroy(NULL);
	}
}

static void expect_entry(u32 type, u32 slot)
{
	swp_entry_t entry = get_swap_page();

	require(SWP_TYPE(entry) == type && SWP_OFFSET(entry) == slot);
}

/* -- whose turn it is ------------------------------------------------------------------------ */

/* Areas 0 and 1 of priority 5, area 2 of 1. A new area stands before its equals up to 3.13, and
 * behind them in 4.0. */
static void turns_body(void *unused)
{
	bool behind = VM->kernel->slots == &slots_2014;
	u32 first = behind ? 0 : 1, i;

	require(sys_swapon(4 * PAGE_SIZE, 5) == 0);
	require(sys_swapon(4 * PAGE_SIZE, 5) == 1);
	require(sys_swapon(4 * PAGE_SIZE, 1) == 2);
	for (i = 1; i <= 3; i++) {
		expect_entry(first, i);
		expect_entry(!first, i);
	}
	expect_entry(2, 1);
	swapcache_free(SWP_ENTRY(0, 2)); /* a better area has room again */
	expect_entry(0, 2);
	expect_entry(2, 2);
	expect_entry(2, 3);
	require(get_swap_page().val == 0 && VM->nr_swap_pages == 0);
	require(VM->swap_info[0].inuse_pages == 3);
}

static void equals_take_turns(void **state)
{
	on_each(256, 0, turns_body);
}

/* Automatic priorities go down from -1, each later area is worse. */
static void automatic_body(void *unused)
{
	require(sys_swapon(2 * PAGE_SIZE, -1) == 0 && VM->swap_info[0].prio == -1);
	require(sys_swapon(PAGE_SIZE, -1) == -EINVAL); /* takes no priority with it */
	require(sys_swapon(2 * PAGE_SIZE, -1) == 1 && VM->swap_info[1].prio == -2);
	require(sys_swapon(2 * PAGE_SIZE, 0) == 2 && VM->swap_list_head == 2);
	require(VM->swap_info[2].next == 0 && VM->swap_info[0].next == 1);
	expect_entry(2, 1);
	expect_entry(0, 1);
	expect_entry(1, 1);
}

static void automatic_priorities(void **state)
{
	on_each(256, 0, automatic_body);
}

/* -- what swapon refuses --------------------------------------------------------------------- */

static void swapon_errors(void **state)
{
	const u64 automatic = (u64)-1;

	for (u32 i = 0; kernels[i]; i++) {
		u32 n;

		boot_row(kernels[i], 1024, 0);
		OP_FAILS(EINVAL, SWAPON, 0, PAGE_SIZE, automatic); /* the header alone */
		OP_FAILS(EINVAL, SWAPON, 0, 100, automatic);
		OP_FAILS(EINVAL, SWAPON, 0, 1 << 20, automatic, 33);
		assert_int_equal(m->vm->nr_swapfiles ? m->vm->swap_info[0].flags : 0, 0);
		assert_int_equal(OP(SWAPON, 0, 64 << 10, automatic, 7), 0);
		assert_int_equal(m->vm->swap_info[0].disk, 7);
		OP_FAILS(EBUSY, SWAPON, 0, 64 << 10, automatic, 7);
		OP_FAILS(EBUSY, SWAPON, 0, PAGE_SIZE, automatic, 7); /* before its size matters */
		assert_int_equal(m->vm->total_swap_pages, 15);
		for (n = 1; n < 32; n++)
			assert_int_equal(OP(SWAPON, 0, 8 << 10, automatic), n);
		OP_FAILS(EPERM, SWAPON, 0, 8 << 10, automatic);
		OP_FAILS(EPERM, SWAPON, 0, 8 << 10, automatic, 7); /* before anything else */
		assert_int_equal(m->vm->total_swap_pages, 15 + 31);
		lab_destroy(NULL);
	}
}

/* Each area has a disk of its own, whatever was asked for first. */
static void disks_are_apart(void **state)
{
	boot_row(kernels[0], 512, 0);
	OP(SWAPON, 0, 64 << 10, 0, 2);
	OP(SWAPON, 0, 64 << 10, 0);
	OP(SWAPON, 0, 64 << 10, 0);
	assert_int_equal(m->vm->swap_info[0].disk, 2);
	assert_int_equal(m->vm->swap_info[1].disk, 1);
	assert_int_equal(m->vm->swap_info[2].disk, 3);
}

/* -- where the search goes on ---------------------------------------------------------------- */

/* Slots 1 .. 256 of 1,023: the next one begins a cluster. */
static void fill_a_cluster(void)
{
	for (u32 i = 1; i <= 256; i++)
		expect_entry(0, i);
}

/*
 * Slot 255 is free again, and then a cluster of 256 free ones is looked for: 257 .. 512. 2.6.16
 * begins two slots before it, where slot 255 happens to be free; 4.0 begins at 257. 2.4's cluster
 * is not through after 256, as its first slot was not counted.
 */
static void cluster_body(void *unused)
{
	fill_a_cluster();
	swapcache_free(SWP_ENTRY(0, 255));
	if (VM->kernel->slots == &slots_2005) {
		expect_entry(0, 255);
		expect_entry(0, 257);
	} else {
		expect_entry(0, 257);
		expect_entry(0, 258);
	}
}

static void two_slots_early(void **state)
{
	on_each(1024, 1024, cluster_body);
}

/* With fewer than 256 free, 2.6.16 goes on from the lowest free slot and 4.0 from where it is. */
static void few_left_body(void *unused)
{
	bool lowest = VM->kernel->slots == &slots_2005;
	u32 i;

	if (VM->kernel->slots == &slots_2002)
		return; /* t320 */
	fill_a_cluster();
	for (i = 257; i <= 512; i++)
		expect_entry(0, i);
	for (i = 0; i < 10; i++)
		swapcache_free(SWP_ENTRY(0, 100 + i));
	require(VM->nr_swap_pages == 599 - 512 + 10);
	expect_entry(0, lowest ? 100 : 513);
	expect_entry(0, lowest ? 101 : 514);
}

static void few_are_left(void **state)
{
	on_each(1024, 600, few_left_body);
}

/* 4.0 takes a slot of which only the swap cache wants something, when swap is nearly full. */
static void cache_only_body(void *unused)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	u32 i;

	if (VM->kernel->slots != &slots_2014)
		return;
	expect_entry(0, 1);
	lock_page(page);
	require(add_to_swap(page) == 1 && page_swap_entry(page).val == 2);
	unlock_page(page);
	for (i = 3; i <= 15; i++)
		expect_entry(0, i);
	require(get_swap_page().val == 0); /* nothing is counted as free: nobody looks */
	swapcache_free(SWP_ENTRY(0, 1));
	swapcache_free(SWP_ENTRY(0, 10));
	expect_entry(0, 1);
	require(PageSwapCache(page));
	expect_entry(0, 2);
	require(!PageSwapCache(page) && PageDirty(page) && page_count(page) == 1);
	require(VM->nr_swap_pages == 1);
	expect_entry(0, 10);
	ClearPageDirty(page);
	put_page(page);
}

static void cache_only_slots_are_reused(void **state)
{
	on_each(256, 16, cache_only_body);
}

/* A full area leaves the list of those that have room, and comes back behind its equals. */
static void avail_body(void *unused)
{
	if (VM->kernel->slots != &slots_2014)
		return;
	require(sys_swapon(2 * PAGE_SIZE, 3) == 0);
	require(sys_swapon(4 * PAGE_SIZE, 3) == 1);
	expect_entry(0, 1);
	require(list_empty(&VM->swap_info[0].avail_list));
	expect_entry(1, 1);
	swapcache_free(SWP_ENTRY(0, 1));
	expect_entry(1, 2);
	expect_entry(0, 1);
	expect_entry(1, 3);
	require(list_empty(&VM->swap_avail_head));
}

static void who_has_room(void **state)
{
	on_each(256, 0, avail_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_take_turns),
		cmocka_unit_test(automatic_priorities),
		cmocka_unit_test(swapon_errors),
		cmocka_unit_test_teardown(disks_are_apart, lab_destroy),
		cmocka_unit_test(two_slots_early),
		cmocka_unit_test(few_are_left),
		cmocka_unit_test(cache_only_slots_are_reused),
		cmocka_unit_test(who_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
