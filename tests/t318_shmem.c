/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is a file, on every kernel: its way to swap and back, and what truncation gives back.
 * All figures are arithmetic: pages written, slots taken, frames of directories.
 */
#include <errno.h>

#include "shmemlab.h"

/* -- to swap and back -------------------------------------------------------------------------- */

static void test_contents_survive_pressure(void **state)
{
	u32 at, i;

	(void)state;
	make_shmem(MANY);
	fill(ino, 0, MANY);
	assert_true(info_of(ino)->swapped > MANY - RAM);
	assert_true(slots_used() >= info_of(ino)->swapped);
	whole();
	compare(ino, 0, MANY);
	at = map(pid, ino, MANY, MAP_SHARED);
	for (i = MANY; i--;) {
		assert_int_equal(OP(READ, pid, at + PAGES(i)), i + 1);
		OP(WRITE, pid, at + PAGES(i) + 4, 7 * i);
	}
	whole();
	for (i = 0; i < MANY; i++)
		assert_int_equal(OP(FILE_READ, 0, ino, PAGES(i) + 4), 7 * i);
	OP(EXIT, pid, 0);
	whole();
}

static void test_each_page_has_one_slot(void **state)
{
	swp_entry_t entry;
	u32 index, n = 0, seen[20] = { 0 };

	(void)state;
	make_shmem(20);
	fill(ino, 0, 20);
	assert_int_equal(slots_used(), 0);
	assert_int_equal(info_of(ino)->alloced, 20);
	push_out(ino);
	assert_int_equal(info_of(ino)->swapped, 20);
	assert_int_equal(slots_used(), 20);
	assert_int_equal(m->counters.pswpout, 20);
	for (index = 0; era->shmem->next_entry(m, info_of(ino), &index, &entry); index++, n++) {
		assert_true(index < 20 && !seen[index]++);
		assert_int_equal(m->disks[1 + SWP_TYPE(entry)] != NULL, true);
	}
	assert_int_equal(n, 20);
	whole();
	compare(ino, 0, 20);
	/* A page that is in memory has no slot. */
	assert_int_equal(info_of(ino)->swapped, 0);
	assert_int_equal(slots_used(), 0);
	assert_int_equal(mapping_of(ino)->nrpages, 20);
	assert_int_equal(m->counters.pswpin, 20);
	assert_int_equal(lab_count(EV_SHMEM_OUT), 20);
	assert_int_equal(lab_count(EV_SHMEM_IN), 20);
	whole();
}

/* Up to 2.6.16 the swap cache has the page for a lap before it is written; 4.0 writes at once. */
static void test_when_it_is_written(void **state)
{
	const struct event *out;
	u32 pfn;

	(void)state;
	make_shmem(1);
	fill(ino, 0, 1);
	settle();
	pfn = (u32)(((struct page *)radix_tree_lookup(&mapping_of(ino)->page_tree, 0)) -
		    m->vm->mem_map);
	lab_forget();
	push_out(ino);
	out = lab_event(EV_SHMEM_OUT, pfn, 0);
	assert_int_equal(lab_count_before(EV_SLOT_ALLOC, out), 1);
	assert_int_equal(lab_count_before(EV_CACHE_DEL, out), 1);
	assert_int_equal(lab_count_before(EV_SWAPCACHE_ADD, out), 1);
	assert_int_equal(lab_count_before(EV_WRITEBACK, out), 0);
	assert_int_equal(out->a[1], ino);
	assert_int_equal(out->a[2], 0);
	whole();
}

/* Reading where nothing was written makes a page, which is clean: it needs no slot. */
static void test_a_hole_needs_no_slot(void **state)
{
	u32 at;

	(void)state;
	make_shmem(8);
	at = map(pid, ino, 8, MAP_SHARED);
	assert_int_equal(OP(FILE_READ, 0, ino, PAGES(3)), 0);
	assert_int_equal(mapping_of(ino)->nrpages, era->shmem == &shmem_2002);
	assert_int_equal(OP(READ, pid, at + PAGES(5)), 0);
	assert_int_equal(mapping_of(ino)->nrpages, 1 + (era->shmem == &shmem_2002));
	push_out(ino);
	assert_int_equal(slots_used(), 0);
	assert_int_equal(lab_count(EV_SHMEM_OUT), 0);
	assert_int_equal(OP(READ, pid, at + PAGES(5)), 0);
	assert_int_equal(info_of(ino)->alloced, 1); /* counted anew: the others are gone */
	whole();
}

/* Without swap nothing can go, and nothing is lost. */
static void test_without_a_slot_it_stays(void **state)
{
	era = *state;
	lab_boot_config((struct machine_config){
		.kernel = era, .ram = PAGES(RAM), .cpus = 1, .seed = 1, .events = true,
		.truth = true,
	});
	make_shmem(30);
	fill(ino, 0, 30);
	OP(RECLAIM, 0, 50);
	OP(RECLAIM, 0, 50);
	assert_int_equal(mapping_of(ino)->nrpages, 30);
	compare(ino, 0, 30);
	whole();
}

/* -- truncation -------------------------------------------------------------------------------- */

static void test_truncation_frees_slots(void **state)
{
	u32 i;

	(void)state;
	make_shmem(40);
	fill(ino, 0, 40);
	for (i = 0; i < 40; i++)
		OP(FILE_WRITE, 0, ino, PAGES(i) + 2048, 1000 + i);
	push_out(ino);
	OP(TRUNCATE, 0, ino, PAGES(30));
	assert_int_equal(info_of(ino)->swapped, 30);
	assert_int_equal(slots_used(), 30);
	whole();
	/* In the middle of a page that is out: it comes in to be cut. */
	OP(TRUNCATE, 0, ino, PAGES(20) + 2046);
	assert_int_equal(info_of(ino)->swapped, 20);
	assert_int_equal(mapping_of(ino)->nrpages, 1);
	OP_FAILS(EINVAL, FILE_READ, 0, ino, PAGES(21));
	OP_FAILS(EFBIG, FILE_WRITE, 0, ino, PAGES(21), 1);
	OP(TRUNCATE, 0, ino, PAGES(40));
	push_out(ino);
	compare(ino, 0, 21);
	assert_int_equal(OP(FILE_READ, 0, ino, PAGES(19) + 2048), 1019);
	assert_int_equal(OP(FILE_READ, 0, ino, PAGES(20) + 2048), 0);
	for (i = 21; i < 40; i++)
		assert_int_equal(OP(FILE_READ, 0, ino, PAGES(i)), 0);
	OP(TRUNCATE, 0, ino, 0);
	assert_int_equal(slots_used(), 0);
	assert_int_equal(mapping_of(ino)->nrpages, 0);
	assert_int_equal(info_of(ino)->swapped + info_of(ino)->alloced, 0);
	whole();
}

static void test_beyond_the_end_is_sigbus(void **state)
{
	u32 at;

	(void)state;
	make_shmem(2);
	at = map(pid, ino, 4, MAP_SHARED);
	OP(WRITE, pid, at + PAGES(1), 5);
	OP_FAILS(BUS, READ, pid, at + PAGES(2));
	OP_FAILS(BUS, WRITE, pid, at + PAGES(3), 5);
	OP(TRUNCATE, 0, ino, PAGES(1));
	OP_FAILS(BUS, READ, pid, at + PAGES(1));
	OP(TRUNCATE, 0, ino, PAGES(3));
	assert_int_equal(OP(READ, pid, at + PAGES(1)), 0);
	OP(WRITE, pid, at + PAGES(2), 6);
	whole();
}

/* The frames of the vector: none for 16 pages; then a directory and a leaf; from page
 * 16 + 512 * 1024 on one stage more. 4.0 has none. */
static void test_directories(void **state)
{
	struct { u64 index; u32 frames; } rows[] = {
		{ 0, 1 }, { 15, 1 }, { 16, 3 }, { 17, 1 }, { 16 + 1023, 1 }, { 16 + 1024, 2 },
		{ 16 + 512 * 1024 - 1, 2 }, { 16 + 512 * 1024, 3 }, { 16 + 512 * 1024 + 1024, 2 },
		{ 16 + (512 + 1024) * 1024, 3 },
	};
	u64 free;
	u32 i;

	(void)state;
	ino = (u32)OP(SHMEM, 0, 8ull << 30);
	OP(FILE_WRITE, 0, ino, 4, 1);
	OP(TRUNCATE, 0, ino, 0);
	OP(TRUNCATE, 0, ino, 8ull << 30);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 before = lab_free_or_for_ever();

		OP(FILE_WRITE, 0, ino, rows[i].index << PAGE_SHIFT, i + 1);
		assert_int_equal(before - lab_free_or_for_ever(),
				 has_vector() ? rows[i].frames : 1);
		if (!i)
			free = before;
	}
	whole();
	push_out(ino);
	assert_int_equal(slots_used(), ARRAY_SIZE(rows));
	whole();
	OP(TRUNCATE, 0, ino, PAGES(16 + 1024));
	assert_int_equal(slots_used(), 5);
	whole();
	for (i = 0; i < 5; i++)
		assert_int_equal(OP(FILE_READ, 0, ino, rows[i].index << PAGE_SHIFT), i + 1);
	OP(TRUNCATE, 0, ino, 0);
	assert_int_equal(slots_used(), 0);
	assert_int_equal(lab_free_or_for_ever(), free);
	whole();
}

static void test_limits(void **state)
{
	u64 most = (u64)SHMEM_MAX_INDEX << PAGE_SHIFT;

	(void)state;
	OP_FAILS(EINVAL, SHMEM, 0, most + 1);
	ino = (u32)OP(SHMEM, 0, most);
	OP_FAILS(EFBIG, TRUNCATE, 0, ino, most + 1);
	OP_FAILS(EFBIG, FILE_WRITE, 0, ino, most, 1);
	OP_FAILS(EINVAL, FILE_WRITE, 0, ino, 2, 1);
	whole();
}

int main(void)
{
	static const struct era_test tests[] = {
		SHMEM_TEST(test_contents_survive_pressure),
		SHMEM_TEST(test_each_page_has_one_slot),
		SHMEM_TEST(test_when_it_is_written),
		SHMEM_TEST(test_a_hole_needs_no_slot),
		SHMEM_TEST(test_truncation_frees_slots),
		SHMEM_TEST(test_beyond_the_end_is_sigbus),
		SHMEM_TEST(test_directories),
		SHMEM_TEST(test_limits),
		{ "test_without_a_slot_it_stays", test_without_a_slot_it_stays, NULL },
	};

	return eras_run_all(tests, ARRAY_SIZE(tests));
}
