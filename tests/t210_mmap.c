/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of vmas: where mappings go, what is refused with which error, what merges, what a hole
 * leaves behind, and the heap.
 */
#include <errno.h>

#include "lab.h"
#include "rmap/rmap.h"

#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define KIB(n) ((u64)(n) << 10)
#define RW_PROT (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define FIXED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
#define SEGV (-11)

static u32 pid;

static int boot(void **state)
{
	lab_boot(512, 64, 1);
	pid = (u32)OP(TASK, 0, 0);
	return 0;
}

/* -- what the list looks like ---------------------------------------------------------------- */

struct range {
	u32 start, end;
};

static void assert_vmas(const struct range *want, u32 n)
{
	struct vma_view vmas[16];
	u32 i, pages = 0, found = inspect_vmas(m, pid, vmas, ARRAY_SIZE(vmas));
	struct task_view task;

	assert_int_equal(found, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(vmas[i].start, want[i].start);
		assert_int_equal(vmas[i].end, want[i].end);
		pages += (want[i].end - want[i].start) >> PAGE_SHIFT;
	}
	assert_true(inspect_task(m, pid, &task));
	assert_int_equal(task.map_count, n);
	assert_int_equal(task.total_vm, pages);
}
#define VMAS(...) do { \
	const struct range want_[] = { __VA_ARGS__ }; \
	assert_vmas(want_, ARRAY_SIZE(want_)); \
} while (0)
#define NO_VMAS() assert_vmas(NULL, 0)

static struct vma_view vma_at(u32 address)
{
	struct vma_view vmas[16];
	u32 i, n = inspect_vmas(m, pid, vmas, ARRAY_SIZE(vmas));

	for (i = 0; i < n; i++)
		if (vmas[i].start <= address && address < vmas[i].end)
			return vmas[i];
	fail_msg("no vma at %08x", address);
	return vmas[0];
}

static u32 map(u64 at, u64 len, u32 prot, u32 flags)
{
	return (u32)OP(MMAP, pid, at, len, prot, flags);
}

/* -- errors ---------------------------------------------------------------------------------- */

/* The kernel's own answers, without the operation layer that looks at some arguments first. */
static const struct {
	u32 addr, len, flags, pgoff;
	bool file;
	s64 want;
} calls[] = {
	{ 0, 0, ANON, 0, false, -EINVAL },
	{ 0, 0xfffff001, ANON, 0, false, -EINVAL },                   /* wraps when rounded up */
	{ 0, 0xc0001000, ANON, 0, false, -EINVAL },                   /* more than there is */
	{ 0x50000001, PAGE_SIZE, FIXED, 0, false, -EINVAL },
	{ 0xbffff000, 2 * PAGE_SIZE, FIXED, 0, false, -ENOMEM },      /* into the kernel */
	{ 0xfffff000, PAGE_SIZE, FIXED, 0, false, -ENOMEM },
	{ 0, 0x80001000, ANON, 0, false, -ENOMEM },                   /* no gap is that long */
	{ 0, PAGE_SIZE, MAP_ANONYMOUS, 0, false, -EINVAL },           /* not shared, not private */
	{ 0, PAGE_SIZE, ANON | MAP_SHARED, 0, false, -EINVAL },       /* or both */
	{ 0, PAGE_SIZE, MAP_PRIVATE, 0, false, -EBADF },
	{ 0, 2 * PAGE_SIZE, MAP_PRIVATE, 0xffffffff, true, -EINVAL }, /* the offset overflows */
	{ 0, PAGE_SIZE, MAP_PRIVATE, 0xfffffffe, true, 0x40000000 },
	{ 0xbffff000, PAGE_SIZE, FIXED, 0, false, 0xbffff000 },       /* the last page there is */
	{ 0x50000123, 1, ANON, 0, false, 0x50001000 },                /* a hint is rounded up */
	{ 0xe0000000, PAGE_SIZE, ANON, 0, false, 0x40001000 },        /* or passed over */
	{ 0, PAGE_SIZE, MAP_ANONYMOUS | MAP_SHARED, 0, false, 0x40002000 },
};

static void call_all(void *unused)
{
	struct inode *file = inode_create("data", PAGES(4));
	u32 i;

	require(file);
	current->mm = thread_by_pid(m, pid)->mm;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		s64 got = sys_mmap2(calls[i].file ? file : NULL, calls[i].addr, calls[i].len,
				    RW_PROT, calls[i].flags, calls[i].pgoff);

		if (got != calls[i].want)
			lab_note(__FILE__, (int)i, "row of calls[]");
	}
	require(sys_munmap(0x50001001, PAGE_SIZE) == -EINVAL);
	require(sys_munmap(0x50001000, 0) == -EINVAL);
	require(sys_munmap(0xc0000000, PAGE_SIZE) == -EINVAL);
	require(sys_munmap(0xbffff000, 2 * PAGE_SIZE) == -EINVAL);
	require(sys_munmap(0x60000000, PAGE_SIZE) == 0); /* nothing there: nothing to complain of */
	current->mm = NULL;
}

static void test_errors(void **state)
{
	lab_run(call_all, NULL);
	VMAS({ 0x40000000, 0x40001000 }, { 0x40001000, 0x40002000 }, { 0x40002000, 0x40003000 },
	     { 0x50001000, 0x50002000 }, { 0xbffff000, 0xc0000000 });
}

static void test_errors_of_operations(void **state)
{
	OP_FAILS(EINVAL, MMAP, pid, 0, 0, RW_PROT, MAP_PRIVATE);
	OP_FAILS(EINVAL, MMAP, pid, 0x50000001, PAGES(1), RW_PROT, MAP_PRIVATE | MAP_FIXED);
	OP_FAILS(EINVAL, MMAP, pid, 0, PAGES(1), RW_PROT, MAP_PRIVATE, 0, 123);
	OP_FAILS(EBADF, MMAP, pid, 0, PAGES(1), RW_PROT, MAP_PRIVATE, 99, 0);
	OP_FAILS(ENOMEM, MMAP, pid, 0, 0xb0000000, RW_PROT, MAP_PRIVATE);
	OP_FAILS(EINVAL, MUNMAP, pid, 0x40000001, PAGES(1));
	OP_FAILS(ESRCH, MMAP, pid + 1, 0, PAGES(1), RW_PROT, MAP_PRIVATE);
	NO_VMAS();
}

/* -- where mappings go ----------------------------------------------------------------------- */

static void test_from_the_bottom_up(void **state)
{
	assert_int_equal(map(0, PAGES(4), RW_PROT, MAP_PRIVATE), 0x40000000);
	assert_int_equal(map(0, PAGES(2), PROT_READ, MAP_PRIVATE), 0x40004000);
	assert_int_equal(map(0, 1, RW_PROT, MAP_PRIVATE), 0x40006000);
	OP(MUNMAP, pid, 0x40001000, PAGES(2));
	/* The gap of two is too small for three, and right for two. */
	assert_int_equal(map(0, PAGES(3), PROT_READ, MAP_PRIVATE), 0x40007000);
	assert_int_equal(map(0, PAGES(2), PROT_READ, MAP_PRIVATE), 0x40001000);
}

static void test_a_hint_is_taken_when_it_is_free(void **state)
{
	assert_int_equal(map(0x60000000, PAGES(2), RW_PROT, MAP_PRIVATE), 0x60000000);
	assert_int_equal(map(0x60001000, PAGES(1), PROT_READ, MAP_PRIVATE), 0x40000000);
	assert_int_equal(map(0x5ffff000, PAGES(2), PROT_READ, MAP_PRIVATE), 0x40001000);
	assert_int_equal(map(0x5ffff000, PAGES(1), PROT_READ, MAP_PRIVATE), 0x5ffff000);
}

static void test_the_whole_address_space(void **state)
{
	/* 2 GiB from TASK_UNMAPPED_BASE to the kernel, then nothing any more. */
	assert_int_equal(map(0, 0x80000000, PROT_READ, MAP_PRIVATE), 0x40000000);
	OP_FAILS(ENOMEM, MMAP, pid, 0, PAGES(1), PROT_READ, MAP_PRIVATE);
	VMAS({ 0x40000000, 0xc0000000 });
	OP(READ, pid, 0xbffffffc);
	OP(MUNMAP, pid, 0x40000000, 0x80000000);
	NO_VMAS();
}

static void test_fixed_replaces_what_was_there(void **state)
{
	u32 at = map(0, PAGES(6), RW_PROT, MAP_PRIVATE);

	OP(WRITE, pid, at + PAGE_SIZE, 1);
	OP(WRITE, pid, at + 2 * PAGE_SIZE, 2);
	OP(WRITE, pid, at + 4 * PAGE_SIZE, 4);
	map(at + 2 * PAGE_SIZE, PAGES(2), PROT_READ, MAP_PRIVATE | MAP_FIXED);
	VMAS({ at, at + 0x2000 }, { at + 0x2000, at + 0x4000 }, { at + 0x4000, at + 0x6000 });
	assert_int_equal(OP(READ, pid, at + PAGE_SIZE), 1);
	assert_int_equal(OP(READ, pid, at + 2 * PAGE_SIZE), 0);
	OP_FAILS(SEGV, WRITE, pid, at + 2 * PAGE_SIZE);
	assert_int_equal(OP(READ, pid, at + 4 * PAGE_SIZE), 4);
}

/* -- merging --------------------------------------------------------------------------------- */

static void test_anonymous_neighbours_merge(void **state)
{
	map(0x50000000, PAGES(2), RW_PROT, FIXED);
	lab_forget();
	map(0x50002000, PAGES(2), RW_PROT, FIXED); /* grows the one before */
	VMAS({ 0x50000000, 0x50004000 });
	assert_int_equal(lab_count(EV_VMA_MERGE), 1);
	assert_int_equal(lab_count(EV_VMA_ADD), 0);
	map(0x4ffff000, PAGES(1), RW_PROT, FIXED); /* the one behind */
	VMAS({ 0x4ffff000, 0x50004000 });
	map(0x50006000, PAGES(2), RW_PROT, FIXED);
	map(0x50004000, PAGES(2), RW_PROT, FIXED); /* closes the gap: three become one */
	VMAS({ 0x4ffff000, 0x50008000 });
	OP(TOUCH, pid, 0x4ffff000, PAGES(9), true);
}

static void test_what_differs_does_not_merge(void **state)
{
	u32 file = (u32)OP(FILE, 0, PAGES(4));

	map(0x50000000, PAGES(1), RW_PROT, FIXED);
	map(0x50001000, PAGES(1), PROT_READ, FIXED);
	map(0x50002000, PAGES(1), RW_PROT, FIXED | MAP_LOCKED);
	OP(MMAP, pid, 0x50003000, PAGES(1), RW_PROT, MAP_PRIVATE | MAP_FIXED, file, 0);
	OP(MMAP, pid, 0x50004000, PAGES(1), RW_PROT, MAP_PRIVATE | MAP_FIXED, file, PAGES(1));
	map(0x50005000, PAGES(1), RW_PROT, FIXED);
	VMAS({ 0x50000000, 0x50001000 }, { 0x50001000, 0x50002000 }, { 0x50002000, 0x50003000 },
	     { 0x50003000, 0x50004000 }, { 0x50004000, 0x50005000 }, { 0x50005000, 0x50006000 });
}

/* -- splitting ------------------------------------------------------------------------------- */

static void test_a_hole_splits(void **state)
{
	u32 at = map(0, PAGES(10), RW_PROT, MAP_PRIVATE), i;

	for (i = 0; i < 10; i++)
		OP(WRITE, pid, at + i * PAGE_SIZE, i);
	lab_forget();
	OP(MUNMAP, pid, at + 3 * PAGE_SIZE, PAGES(4));
	VMAS({ at, at + 0x3000 }, { at + 0x7000, at + 0xa000 });
	assert_int_equal(lab_count(EV_VMA_SPLIT), 2);
	assert_int_equal(lab_count(EV_VMA_DEL), 1);
	for (i = 0; i < 10; i++) {
		if (i >= 3 && i < 7)
			OP_FAILS(SEGV, READ, pid, at + i * PAGE_SIZE);
		else
			assert_int_equal(OP(READ, pid, at + i * PAGE_SIZE), i);
	}
}

static void test_unmapping_ends_and_across(void **state)
{
	map(0x50000000, PAGES(4), RW_PROT, FIXED);
	map(0x50004000, PAGES(4), PROT_READ, FIXED);
	map(0x5000a000, PAGES(4), RW_PROT, FIXED);
	OP(MUNMAP, pid, 0x4fff0000, KIB(64) + PAGES(1)); /* the head, and nothing before it */
	VMAS({ 0x50001000, 0x50004000 }, { 0x50004000, 0x50008000 }, { 0x5000a000, 0x5000e000 });
	OP(MUNMAP, pid, 0x5000d000, PAGES(8)); /* the tail, and nothing behind it */
	VMAS({ 0x50001000, 0x50004000 }, { 0x50004000, 0x50008000 }, { 0x5000a000, 0x5000d000 });
	lab_forget();
	OP(MUNMAP, pid, 0x50003000, PAGES(8)); /* one page, a whole vma, a gap, one page */
	/* The last one goes first. */
	assert_int_equal(lab_count_before(EV_VMA_DEL, lab_event(EV_VMA_DEL, 0x5000a000, 0)), 0);
	assert_int_equal(lab_count_before(EV_VMA_DEL, lab_event(EV_VMA_DEL, 0x50004000, 0)), 1);
	assert_int_equal(lab_count_before(EV_VMA_DEL, lab_event(EV_VMA_DEL, 0x50003000, 0)), 2);
	VMAS({ 0x50001000, 0x50003000 }, { 0x5000b000, 0x5000d000 });
	OP(MUNMAP, pid, 0x40000000, 0x80000000);
	NO_VMAS();
}

static void test_a_file_offset_moves_with_the_split(void **state)
{
	u32 file = (u32)OP(FILE, 0, PAGES(16)), i, at;

	for (i = 0; i < 16; i++)
		OP(FILE_WRITE, 0, file, PAGES(i), 100 + i);
	at = (u32)OP(MMAP, pid, 0, PAGES(8), RW_PROT, MAP_SHARED, file, PAGES(4));
	OP(MUNMAP, pid, at + 2 * PAGE_SIZE, PAGES(3));
	assert_int_equal(vma_at(at).pgoff, 4);
	assert_int_equal(vma_at(at + 5 * PAGE_SIZE).pgoff, 9);
	assert_int_equal(OP(READ, pid, at + PAGE_SIZE), 105);
	assert_int_equal(OP(READ, pid, at + 5 * PAGE_SIZE), 109);
	assert_int_equal(OP(READ, pid, at + 7 * PAGE_SIZE), 111);
	assert_int_not_equal(vma_at(at).id, vma_at(at + 5 * PAGE_SIZE).id);
}

static u32 list_length(const struct list_head *head)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, head)
		n++;
	return n;
}

static void test_a_file_knows_its_mappings(void **state)
{
	u32 number = (u32)OP(FILE, 0, PAGES(16)), at;
	const struct inode *file = list_entry(list_next(&m->vm->inodes), struct inode, inodes);

	assert_int_equal(file->i_ino, number);
	assert_int_equal(file->i_count, 1);
	at = (u32)OP(MMAP, pid, 0, PAGES(8), RW_PROT, MAP_SHARED, number, 0);
	OP(MMAP, pid, 0, PAGES(8), RW_PROT, MAP_PRIVATE, number, 0);
	assert_int_equal(list_length(&file->i_data.i_mmap_shared), 1);
	assert_int_equal(list_length(&file->i_data.i_mmap), 1);
	assert_int_equal(file->i_count, 3);
	OP(MUNMAP, pid, at + PAGE_SIZE, PAGES(1));
	assert_int_equal(list_length(&file->i_data.i_mmap_shared), 2);
	assert_int_equal(file->i_count, 4);
	OP(EXIT, pid, 0);
	assert_int_equal(list_length(&file->i_data.i_mmap_shared), 0);
	assert_int_equal(list_length(&file->i_data.i_mmap), 0);
	assert_int_equal(file->i_count, 1);
}

/* -- the heap -------------------------------------------------------------------------------- */

#define HEAP 0x08048000u /* where an ELF program would begin */

static void test_the_heap_grows_and_shrinks(void **state)
{
	assert_int_equal(OP(BRK, pid, 0), HEAP);
	assert_int_equal(OP(BRK, pid, HEAP + 100), HEAP + 100);
	VMAS({ HEAP, HEAP + PAGE_SIZE });
	OP(WRITE, pid, HEAP, 5);
	assert_int_equal(OP(BRK, pid, HEAP + KIB(16)), HEAP + KIB(16));
	VMAS({ HEAP, HEAP + 0x4000 });
	OP(WRITE, pid, HEAP + 0x3000, 6);
	assert_int_equal(OP(BRK, pid, HEAP + 0x3001), HEAP + 0x3001); /* still the fourth page */
	assert_int_equal(OP(READ, pid, HEAP + 0x3000), 6);
	assert_int_equal(OP(BRK, pid, HEAP + 0x1000), HEAP + 0x1000);
	VMAS({ HEAP, HEAP + 0x1000 });
	OP_FAILS(SEGV, READ, pid, HEAP + 0x3000);
	assert_int_equal(OP(BRK, pid, HEAP + 0x4000), HEAP + 0x4000);
	assert_int_equal(OP(READ, pid, HEAP + 0x3000), 0); /* new memory, not the old word */
	assert_int_equal(OP(READ, pid, HEAP), 5);
}

static void test_the_heap_is_refused(void **state)
{
	OP(BRK, pid, HEAP + PAGE_SIZE);
	assert_int_equal(OP(BRK, pid, HEAP - 1), HEAP + PAGE_SIZE);
	assert_int_equal(OP(BRK, pid, 0xc0000001), HEAP + PAGE_SIZE);
	assert_int_equal(OP(BRK, pid, 0xffffffff), HEAP + PAGE_SIZE);
	/* A page of distance to the next mapping. */
	map(HEAP + 0x4000, PAGES(1), RW_PROT, FIXED);
	assert_int_equal(OP(BRK, pid, HEAP + 0x4000), HEAP + PAGE_SIZE);
	assert_int_equal(OP(BRK, pid, HEAP + 0x3000), HEAP + 0x3000);
	VMAS({ HEAP, HEAP + 0x3000 }, { HEAP + 0x4000, HEAP + 0x5000 });
}

#define MMAP_TEST(name) cmocka_unit_test_setup_teardown(name, boot, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MMAP_TEST(test_errors),
		MMAP_TEST(test_errors_of_operations),
		MMAP_TEST(test_from_the_bottom_up),
		MMAP_TEST(test_a_hint_is_taken_when_it_is_free),
		MMAP_TEST(test_the_whole_address_space),
		MMAP_TEST(test_fixed_replaces_what_was_there),
		MMAP_TEST(test_anonymous_neighbours_merge),
		MMAP_TEST(test_what_differs_does_not_merge),
		MMAP_TEST(test_a_hole_splits),
		MMAP_TEST(test_unmapping_ends_and_across),
		MMAP_TEST(test_a_file_offset_moves_with_the_split),
		MMAP_TEST(test_a_file_knows_its_mappings),
		MMAP_TEST(test_the_heap_grows_and_shrinks),
		MMAP_TEST(test_the_heap_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
