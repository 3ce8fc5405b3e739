/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of shared memory, shared anonymous ones among them, and what swapoff asks. */
#include <errno.h>

#include "shmemlab.h"

/* -- mappings ---------------------------------------------------------------------------------- */

/* A private mapping sees the object until it writes; then it has a page of its own, anonymous. */
static void test_private_mapping_copies(void **state)
{
	u32 at, shared, pfn;

	(void)state;
	make_shmem(4);
	fill(ino, 0, 4);
	push_out(ino);
	at = map(pid, ino, 4, MAP_PRIVATE);
	shared = map(pid, ino, 4, MAP_SHARED);
	assert_int_equal(OP(READ, pid, at), 1);
	OP(WRITE, pid, shared + 8, 77);
	assert_int_equal(OP(READ, pid, at + 8), 77);
	pfn = lab_pfn(pid, at);
	assert_int_equal(lab_pfn(pid, shared), pfn);
	assert_mapped(pfn, 2);
	OP(WRITE, pid, at + 8, 78);
	assert_int_not_equal(lab_pfn(pid, at), pfn);
	assert_mapped(pfn, 1);
	OP(WRITE, pid, at + PAGES(1), 79); /* no page before: its own at once */
	assert_int_equal(OP(READ, pid, shared + 8), 77);
	assert_int_equal(OP(FILE_READ, 0, ino, PAGES(1)), 2);
	assert_int_equal(OP(READ, pid, at + PAGES(1)), 79);
	whole();
}

static void test_shared_anonymous(void **state)
{
	u32 files = m->vm->nr_inodes, child, at, i;
	u64 free = lab_free_or_for_ever();

	(void)state;
	at = map(pid, 0, 40, MAP_SHARED);
	assert_int_equal(m->vm->nr_inodes, files + 1);
	for (i = 0; i < 40; i++)
		OP(WRITE, pid, at + PAGES(i), i);
	child = (u32)OP(FORK, pid, 0);
	OP(WRITE, child, at + PAGES(7), 700);
	assert_int_equal(OP(READ, pid, at + PAGES(7)), 700);
	OP(WRITE, pid, at + PAGES(8), 800);
	push_out(m->vm->last_ino);
	assert_int_equal(slots_used(), 40);
	whole();
	assert_int_equal(OP(READ, child, at + PAGES(8)), 800);
	assert_int_equal(OP(READ, pid, at + PAGES(39)), 39);
	assert_int_equal(slots_used(), 38);
	/* Unmapped by one it stays; by the last it goes, with pages and slots. */
	OP(MUNMAP, pid, at, PAGES(40));
	assert_int_equal(OP(READ, child, at + PAGES(39)), 39);
	assert_int_equal(m->vm->nr_inodes, files + 1);
	OP(MUNMAP, child, at, PAGES(20));
	assert_int_equal(m->vm->nr_inodes, files + 1);
	OP(EXIT, child, 0);
	assert_int_equal(m->vm->nr_inodes, files);
	assert_int_equal(slots_used(), 0);
	OP(EXIT, pid, 0);
	assert_true(lab_free_or_for_ever() >= free);
	whole();
}

/* Two of them are two objects, however close they lie; each half of one is a reference. */
static void test_objects_do_not_merge(void **state)
{
	u32 files = m->vm->nr_inodes;
	struct task_view view;

	(void)state;
	OP(MMAP, pid, 0x50000000, PAGES(4), RW_PROT, MAP_SHARED | MAP_FIXED);
	OP(MMAP, pid, 0x50004000, PAGES(4), RW_PROT, MAP_SHARED | MAP_FIXED);
	assert_true(inspect_task(m, pid, &view));
	assert_int_equal(m->vm->nr_inodes, files + 2);
	assert_ptr_not_equal(vma_at(pid, 0x50000000)->vm_file, vma_at(pid, 0x50004000)->vm_file);
	OP(MUNMAP, pid, 0x50001000, PAGES(1));
	assert_int_equal(vma_at(pid, 0x50000000)->vm_file->i_count, 2);
	whole();
	/* What MAP_FIXED replaces goes. */
	OP(MMAP, pid, 0x50000000, PAGES(8), RW_PROT, MAP_PRIVATE | MAP_FIXED);
	assert_int_equal(m->vm->nr_inodes, files);
	whole();
}

/* What is not a name of anybody's cannot be named. */
static void test_unlinked_objects_have_no_name(void **state)
{
	(void)state;
	map(pid, 0, 4, MAP_SHARED);
	ino = m->vm->last_ino;
	OP_FAILS(EBADF, MMAP, pid, 0, PAGES(1), RW_PROT, MAP_SHARED, ino);
	OP_FAILS(EBADF, FILE_READ, 0, ino, 0);
	OP_FAILS(EBADF, FILE_WRITE, 0, ino, 0, 1);
	OP_FAILS(EBADF, TRUNCATE, 0, ino, 0);
}

static void test_mremap_grows_the_mapping_only(void **state)
{
	u32 at, to;

	(void)state;
	at = map(pid, 0, 2, MAP_SHARED);
	OP(WRITE, pid, at + PAGES(1), 9);
	to = (u32)OP(MREMAP, pid, at, PAGES(2), PAGES(4), MREMAP_MAYMOVE);
	assert_int_equal(OP(READ, pid, to + PAGES(1)), 9);
	OP_FAILS(BUS, READ, pid, to + PAGES(2));
	OP(MREMAP, pid, to, PAGES(4), PAGES(1), 0);
	assert_int_equal(OP(READ, pid, to), 0);
	whole();
}

static void test_locked_pages_stay(void **state)
{
	u32 at, i;

	(void)state;
	at = map(pid, 0, 10, MAP_SHARED);
	OP(MLOCK, pid, at, PAGES(10));
	for (i = 0; i < 10; i++)
		OP(WRITE, pid, at + PAGES(i), i);
	OP(RECLAIM, 0, 100);
	OP(RECLAIM, 0, 100);
	assert_int_equal(slots_used(), 0);
	for (i = 0; i < 10; i++)
		assert_true(pte_raw(pid, at + PAGES(i)) & 1);
	OP(MUNLOCK, pid, at, PAGES(10));
	push_out(m->vm->last_ino);
	assert_int_equal(slots_used(), 10);
	whole();
}

/* Nobody but reclaim writes it: there is no disk that sync or msync could mean. */
static void test_sync_has_nothing_to_do(void **state)
{
	u32 at;

	(void)state;
	at = map(pid, 0, 4, MAP_SHARED);
	OP(WRITE, pid, at, 1);
	OP(MSYNC, pid, at, PAGES(4), MS_SYNC);
	OP(SYNC, 0, 0);
	assert_int_equal(m->counters.io_writes, 0);
	assert_int_equal(OP(MINCORE, pid, at, PAGES(4)), 1);
	push_out(m->vm->last_ino);
	assert_int_equal(OP(MINCORE, pid, at, PAGES(4)), 0);
	assert_int_equal(OP(READ, pid, at), 1);
	whole();
}

/* A hole is read as zeros, page by page, and a range of pages that are out comes in. */
static void test_a_range(void **state)
{
	(void)state;
	make_shmem(10);
	fill(ino, 2, 5);
	push_out(ino);
	assert_int_equal(OP(FILE_STREAM, 0, ino, 100, PAGES(20)), PAGES(10) - 100);
	assert_int_equal(m->counters.pswpin, 3);
	assert_int_equal(info_of(ino)->swapped, 0);
	whole();
}

/* remap_file_pages finds what is out, where there is such a call. */
static void test_nonlinear(void **state)
{
	u32 at;

	(void)state;
	if (!era->fremap)
		return;
	make_shmem(8);
	fill(ino, 0, 8);
	push_out(ino);
	at = map(pid, ino, 8, MAP_SHARED);
	OP(REMAP_FILE_PAGES, pid, at, PAGES(2), 0, 5, 0);
	assert_int_equal(OP(READ, pid, at), 6);
	assert_int_equal(OP(READ, pid, at + PAGES(1)), 7);
	assert_int_equal(OP(READ, pid, at + PAGES(2)), 3);
	push_out(ino);
	assert_int_equal(OP(READ, pid, at + PAGES(1)), 7);
	whole();
}

/* 4.0 alone reads ahead what is out, into the swap cache. */
static void test_willneed(void **state)
{
	u32 at;

	(void)state;
	make_shmem(8);
	fill(ino, 0, 8);
	push_out(ino);
	at = map(pid, ino, 8, MAP_SHARED);
	OP(MADVISE, pid, at, PAGES(4), MADV_WILLNEED);
	OP(TICK, 0, 1000000000);
	assert_int_equal(m->counters.pswpin, has_vector() ? 0 : 4);
	assert_int_equal(info_of(ino)->swapped, 8);
	whole();
	compare(ino, 0, 8);
}

/* -- swapoff's questions ----------------------------------------------------------------------- */

static void unuse_each(void *arg)
{
	struct inode *inode = mapping_of(ino)->host;
	struct shmem_inode_info *info = SHMEM_I(inode);
	u32 index, n = 0;
	swp_entry_t entry;

	(void)arg;
	for (index = 0; era->shmem->next_entry(m, info, &index, &entry); index = 0, n++) {
		struct page *page = read_swap_cache_async(entry);

		require(page);
		lock_page(page);
		require(shmem_unuse(entry, page) == 1);
		require(page->mapping == &inode->i_data && page->index == index);
		require(!PageSwapCache(page) && PageDirty(page) && PageLocked(page));
		unlock_page(page);
		page_cache_release(page);
	}
	require(n == 30);
	require(info->swapped == 0);
}

static void test_shmem_unuse_by_entry(void **state)
{
	u32 other;

	(void)state;
	other = make_shmem(5);
	fill(other, 0, 5);
	make_shmem(30);
	fill(ino, 0, 30);
	push_out(other);
	push_out(ino);
	lab_run(unuse_each, NULL);
	assert_int_equal(slots_used(), 5);
	whole();
	compare(ino, 0, 30);
	compare(other, 0, 5);
}

static void not_found(void *arg)
{
	swp_entry_t entry;
	struct page *page;

	(void)arg;
	entry = pte_to_swp_entry(pte_raw(pid, 0x50000000));
	page = read_swap_cache_async(entry);
	require(page);
	lock_page(page);
	require(shmem_unuse(entry, page) == 0);
	require(PageSwapCache(page));
	unlock_page(page);
	page_cache_release(page);
}

static void test_shmem_unuse_of_anonymous_memory(void **state)
{
	(void)state;
	OP(MMAP, pid, 0x50000000, PAGES(1), RW_PROT, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, pid, 0x50000000, 1);
	make_shmem(3);
	fill(ino, 0, 3);
	push_out(ino);
	while (walks() && pte_raw(pid, 0x50000000) & 1)
		press();
	if (pte_raw(pid, 0x50000000) & 1)
		to_swap(pid, 0x50000000);
	lab_run(not_found, NULL);
	assert_int_equal(info_of(ino)->swapped, 3);
	whole();
}

static void unuse_type(void *arg)
{
	require(shmem_unuse_type(*(const u32 *)arg) == 0);
}

static void test_shmem_unuse_by_area(void **state)
{
	u32 other, type = 0, none = 5;

	(void)state;
	other = make_shmem(45);
	fill(other, 0, 45);
	make_shmem(30);
	fill(ino, 0, 30);
	push_out(other);
	push_out(ino);
	assert_int_equal(slots_used(), 75);
	lab_run(unuse_type, &none);
	assert_int_equal(slots_used(), 75);
	lab_run(unuse_type, &type);
	assert_int_equal(info_of(ino)->swapped + info_of(other)->swapped, 0);
	assert_int_equal(slots_used(), 0);
	whole();
	compare(ino, 0, 30);
	compare(other, 0, 45);
}

/* Pages that are in memory behind an end that is cut while swapoff brings them in. */
static u32 left_behind(u64 seed)
{
	struct op off = { .kind = OP_SWAPOFF }, cut = { .kind = OP_TRUNCATE };
	u32 left;

	lab_boot_config((struct machine_config){
		.kernel = era, .ram = PAGES(RAM), .swap = PAGES(SLOTS + 1), .cpus = 2,
		.page_cluster = 0, .seed = 1, .truth = true,
	});
	make_shmem(30);
	for (u32 i = 30; i--; ) /* the last ones go first, and swapoff brings them in first */
		fill(ino, i, i + 1);
	push_out(ino);
	machine_reseed(m, seed, 3);
	cut.arg[0] = ino;
	cut.arg[1] = PAGES(1) + 8; /* so that shmem_truncate sleeps for the last page */
	assert_true(op_post(m, &off) && op_post(m, &cut));
	op_run_posted(m);
	assert_int_equal(off.error | cut.error, 0);
	left = mapping_of(ino)->nrpages > 2 ? mapping_of(ino)->nrpages - 2 : 0;
	if (!left)
		whole();
	lab_destroy(NULL);
	return left;
}

/* From 2.6.0 on shmem_truncate looks a second time for what has come in behind the end. */
static void test_cut_while_swapoff(void **state)
{
	u32 left = 0;

	(void)state;
	lab_destroy(NULL);
	for (u64 seed = 1; seed <= 100; seed++)
		left += left_behind(seed);
	assert_int_equal(left > 0, era->shmem == &shmem_2002);
	shmem_boot((void *[]){ (void *)(uintptr_t)era });
}

int main(void)
{
	static const struct era_test tests[] = {
		SHMEM_TEST(test_private_mapping_copies),
		SHMEM_TEST(test_shared_anonymous),
		SHMEM_TEST(test_objects_do_not_merge),
		SHMEM_TEST(test_unlinked_objects_have_no_name),
		SHMEM_TEST(test_mremap_grows_the_mapping_only),
		SHMEM_TEST(test_locked_pages_stay),
		SHMEM_TEST(test_sync_has_nothing_to_do),
		SHMEM_TEST(test_a_range),
		SHMEM_TEST(test_nonlinear),
		SHMEM_TEST(test_willneed),
		SHMEM_TEST(test_shmem_unuse_by_entry),
		SHMEM_TEST(test_shmem_unuse_of_anonymous_memory),
		SHMEM_TEST(test_shmem_unuse_by_area),
		SHMEM_TEST(test_cut_while_swapoff),
	};

	return eras_run_all(tests, ARRAY_SIZE(tests));
}
