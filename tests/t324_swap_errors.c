/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks that fail, on every kernel. Up to 2.6.11 a page that could not be read from swap is mapped
 * all the same, and up to 2.6.18 one that could not be written is forgotten (facts E.8, late C.5):
 * the row says so in own_errata, and the content truth finds that and nothing else. 4.0 signals
 * SIGBUS, and writes again. And none of them asks in swapoff whether a page could be read.
 */
#include "lab.h"
#include "mm/shmem.h"
#include "rmap/rmap.h"

#include <errno.h>

#include "sim/disk.h"

#define WORD 4711
#define SLOT 1 /* the first that is given out */
#define READS 0
#define WRITES 1
#define SWAP_DISK 1

static u32 pid, at;

static bool has(const struct kernel *kernel, enum own_erratum erratum)
{
	return kernel->own_errata & OWN_ERRATUM(erratum);
}

static u32 mended(enum own_erratum erratum)
{
	return 1u << (OWN_ERRATA_SHIFT + erratum);
}

/* A process with one page, which says WORD. */
static void boot_row(const struct kernel *kernel, u32 errata)
{
	struct machine_config config = {
		.ram = 256 << PAGE_SHIFT, .swap = 64 << PAGE_SHIFT, .cpus = 1, .page_cluster = 0,
		.kernel = kernel, .events = true, .truth = true, .errata = errata,
	};

	lab_boot_config(config);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, WORD);
}

static void fail_block(u64 disk, u64 block, u64 write, u64 times)
{
	OP(DISK_ERROR, 0, disk, block, write, times);
}

static const struct page *frame;

/* Out of the page table, and to the disk as far as it goes: gone if the kernel lets it. */
static bool swap_out(void)
{
	u32 pfn = lab_pfn(pid, at), i;

	frame = &m->vm->mem_map[pfn];
	OP(REFERENCED, 0, pfn);
	m->vm->mem_map[pfn].flags &= ~(1u << PG_referenced);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
	for (i = 0; i < 12 && page_count(frame); i++) {
		OP(RECLAIM, 0, 1);
		OP(TICK, 0, 1000000000);
	}
	return page_count(frame) == 0;
}

/* 2.5.26 cannot be asked to unmap one page: it has a test of its own below. */
static const struct kernel *kernel_with_rmap(u32 i)
{
	u32 n;

	for (n = 0; kernels[n]; n++)
		if (kernels[n]->vmscan->unmap && !i--)
			break;
	return kernels[n];
}

static u32 read_word(void)
{
	return (u32)OP(READ, pid, at);
}

/* -- a read that fails ----------------------------------------------------------------------- */

static void read_fails(const struct kernel *kernel, u32 errata)
{
	bool mapped = has(kernel, READ_ERROR_MAPPED) && !(errata & mended(READ_ERROR_MAPPED));

	boot_row(kernel, errata);
	assert_true(swap_out());
	fail_block(SWAP_DISK, SLOT, READS, 1);
	if (mapped) {
		assert_int_not_equal(read_word(), WORD);
		assert_int_equal(m->counters.content_lost, 1);
		assert_int_equal(lab_count(EV_CONTENT_LOST), 1);
		assert_int_equal(lab_first(EV_CONTENT_LOST)->a[2], 1); /* it was never read */
	} else {
		OP_FAILS(-7, READ, pid, at);
		OP_FAILS(-7, READ, pid, at); /* the page is in the swap cache, and no better */
	}
	assert_int_equal(lab_count(EV_READ_ERROR), 1);
	assert_int_equal(m->counters.io_reads, 1);
	lab_destroy(NULL);
}

static void a_failed_read(void **state)
{
	const struct kernel *kernel;

	for (u32 i = 0; (kernel = kernel_with_rmap(i)); i++)
		read_fails(kernel, 0);
}

static void a_failed_read_mended(void **state)
{
	const struct kernel *kernel;

	for (u32 i = 0; (kernel = kernel_with_rmap(i)); i++)
		read_fails(kernel, mended(READ_ERROR_MAPPED));
}

/* What a process stores to such a page is its own again, and goes through swap with it. */
static void a_store_to_what_was_not_read(void **state)
{
	const struct kernel *kernel;

	for (u32 i = 0; (kernel = kernel_with_rmap(i)); i++) {
		if (!has(kernel, READ_ERROR_MAPPED))
			continue;
		boot_row(kernel, 0);
		assert_true(swap_out());
		fail_block(SWAP_DISK, SLOT, READS, 1);
		read_word();
		OP(WRITE, pid, at, 12);
		OP(WRITE, pid, at + 8, 13);
		assert_true(swap_out());
		assert_int_equal(OP(READ, pid, at), 12);
		assert_int_equal(OP(READ, pid, at + 8), 13);
		assert_int_equal(m->counters.content_lost, 1);
		lab_destroy(NULL);
	}
}

/* -- a write that fails ---------------------------------------------------------------------- */

static void write_fails(const struct kernel *kernel, u32 errata)
{
	bool dropped = has(kernel, WRITE_ERROR_DROPS_DATA) &&
		       !(errata & mended(WRITE_ERROR_DROPS_DATA));

	boot_row(kernel, errata);
	fail_block(SWAP_DISK, SLOT, WRITES, 1);
	assert_true(swap_out());
	assert_int_equal(lab_count(EV_WRITE_ERROR), 1);
	assert_int_equal(m->counters.pswpout, dropped ? 1 : 2);
	if (dropped) {
		assert_int_equal(read_word(), 0); /* what the block had before */
		assert_int_equal(m->counters.content_lost, 1);
		assert_int_equal(lab_first(EV_CONTENT_LOST)->a[2], 0);
		assert_int_equal(lab_first(EV_CONTENT_LOST)->a[3], 0);
	} else {
		assert_int_equal(read_word(), WORD);
		assert_int_equal(m->counters.content_lost, 0);
	}
	lab_destroy(NULL);
}

static void a_failed_write(void **state)
{
	const struct kernel *kernel;

	for (u32 i = 0; (kernel = kernel_with_rmap(i)); i++)
		write_fails(kernel, 0);
}

static void a_failed_write_mended(void **state)
{
	const struct kernel *kernel;

	for (u32 i = 0; (kernel = kernel_with_rmap(i)); i++)
		write_fails(kernel, mended(WRITE_ERROR_DROPS_DATA));
}

/* A block that never can be written: who knows it keeps the page, for ever, and its content. */
static void a_block_that_never_works(void **state)
{
	const struct kernel *kernel;

	for (u32 i = 0; (kernel = kernel_with_rmap(i)); i++) {
		bool dropped = has(kernel, WRITE_ERROR_DROPS_DATA);

		boot_row(kernel, 0);
		fail_block(SWAP_DISK, SLOT, WRITES, DISK_ALWAYS);
		assert_int_equal(swap_out(), dropped);
		if (!dropped)
			assert_true(PageDirty(frame) && PageError(frame));
		assert_int_equal(read_word(), dropped ? 0 : WORD);
		assert_int_equal(m->counters.content_lost, dropped);
		fail_block(SWAP_DISK, SLOT, WRITES, 0); /* mended */
		OP(WRITE, pid, at, WORD + 1);
		assert_true(swap_out());
		assert_int_equal(read_word(), WORD + 1);
		assert_int_equal(m->counters.content_lost, dropped);
		lab_destroy(NULL);
	}
}

/* -- under pressure -------------------------------------------------------------------------- */

#define MANY 400 /* pages, on a machine of 256 */

/* Is the page on disk, and nowhere else? Its slot; 0: no. */
static u32 slot_of(u32 address)
{
	struct pte_view pte;

	if (!inspect_pte(m, pid, address, &pte) || !pte.swap ||
	    swap_has_cache_of(m->vm, SWP_ENTRY(0, pte.swap_offset)))
		return 0;
	return pte.swap_offset;
}

static void fill(const struct kernel *kernel)
{
	struct machine_config config = {
		.ram = 256 << PAGE_SHIFT, .swap = 1024 << PAGE_SHIFT, .cpus = 1,
		.page_cluster = 0, .kernel = kernel, .truth = true,
	};
	u32 i;

	lab_boot_config(config);
	pid = lab_process(MANY, &at);
	for (i = 0; i < MANY; i++)
		OP(WRITE, pid, at + i * PAGE_SIZE, i + 1);
	OP(TICK, 0, 1000000000);
}

/* Every page that is on disk cannot be read, once. On all kernels, 2.5.26 with them. */
static void many_failed_reads(void **state)
{
	for (u32 i = 0; kernels[i]; i++) {
		bool mapped = has(kernels[i], READ_ERROR_MAPPED);
		u32 n, slot, failed = 0;

		fill(kernels[i]);
		for (n = 0; n < MANY && failed < 50; n++) {
			slot = slot_of(at + n * PAGE_SIZE);
			if (!slot)
				continue;
			failed++;
			fail_block(SWAP_DISK, slot, READS, 1);
			if (mapped)
				OP(READ, pid, at + n * PAGE_SIZE);
			else
				OP_FAILS(-7, READ, pid, at + n * PAGE_SIZE);
		}
		assert_int_equal(failed, 50);
		assert_int_equal(m->counters.content_lost, mapped ? 50 : 0);
		lab_destroy(NULL);
	}
}

/* Nothing can be written to swap while so much goes there. */
static void many_failed_writes(void **state)
{
	for (u32 i = 0; kernels[i]; i++) {
		u32 n, slot, lost = 0;

		if (!has(kernels[i], WRITE_ERROR_DROPS_DATA))
			continue;
		fill(kernels[i]);
		for (slot = 1; slot < 1024; slot++)
			fail_block(SWAP_DISK, slot, WRITES, DISK_ALWAYS);
		for (n = 0; n < MANY; n++)
			OP(WRITE, pid, at + n * PAGE_SIZE, n + 1000);
		for (n = 0; n < MANY; n++)
			lost += OP(READ, pid, at + n * PAGE_SIZE) != n + 1000;
		assert_true(lost > 0);
		assert_int_equal(m->counters.content_lost, lost);
		lab_destroy(NULL);
	}
}

/* -- swapoff ---------------------------------------------------------------------------------- */

/* On disk, and nowhere else. */
static bool is_out(void)
{
	swp_entry_t entry = SWP_ENTRY(0, SLOT);

	return swap_map_raw_of(m->vm, entry) && !swap_has_cache_of(m->vm, entry);
}

static const struct swapoff_ops *const ways[] = { &swapoff_quadratic, &swapoff_linear };

static void boot_way(const struct kernel *kernel, const struct swapoff_ops *way, u32 errata)
{
	struct machine_config config = {
		.ram = 256 << PAGE_SHIFT, .swap = 64 << PAGE_SHIFT, .cpus = 1, .page_cluster = 0,
		.kernel = kernel, .events = true, .truth = true, .errata = errata, .swapoff = way,
	};

	lab_boot_config(config);
}

/* Its only page is in swap, and cannot be read. */
static void in_swap_unreadable(const struct kernel *kernel, const struct swapoff_ops *way,
			       u32 errata)
{
	boot_way(kernel, way, errata);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, WORD);
	assert_true(swap_out());
	fail_block(SWAP_DISK, SLOT, READS, 1);
}

/* do_swap_page may ask whether the page was read; swapoff does not. */
static void swapoff_of_what_cannot_be_read(void **state)
{
	const struct kernel *kernel;

	for (u32 i = 0; (kernel = kernel_with_rmap(i)); i++)
		for (u32 w = 0; w < ARRAY_SIZE(ways); w++) {
			in_swap_unreadable(kernel, ways[w], 0);
			assert_true(has(kernel, SWAPOFF_MAPS_UNREAD));
			OP(SWAPOFF, 0, 0);
			assert_int_not_equal(read_word(), WORD);
			assert_int_equal(m->counters.content_lost, 1);
			assert_int_equal(lab_first(EV_CONTENT_LOST)->a[4], 1);
			lab_destroy(NULL);
		}
}

/* Mended, nothing is lost: the area stays, and another time it may be read. */
static void swapoff_of_what_cannot_be_read_mended(void **state)
{
	const struct kernel *kernel;

	for (u32 i = 0; (kernel = kernel_with_rmap(i)); i++)
		for (u32 w = 0; w < ARRAY_SIZE(ways); w++) {
			in_swap_unreadable(kernel, ways[w], mended(SWAPOFF_MAPS_UNREAD) |
							    mended(READ_ERROR_MAPPED));
			OP_FAILS(EIO, SWAPOFF, 0, 0);
			assert_int_equal(inspect_swap(m, NULL, 0), 1);
			OP_FAILS(-7, READ, pid, at);
			assert_int_equal(m->counters.content_lost, 0);
			lab_destroy(NULL);
		}
}

/* A page of shared memory goes to its file unread, where the way is slot by slot. From 2.6.0 on
 * who looks for it there takes it for a new one, of zeros; 2.5 takes it as it is. */
static void swapoff_of_shmem_that_cannot_be_read(void **state)
{
	for (u32 i = 0; kernels[i]; i++) {
		bool of_2_5 = kernels[i]->shmem == &shmem_2002;

		boot_way(kernels[i], &swapoff_quadratic, 0);
		OP(SHMEM, 0, PAGE_SIZE);
		OP(FILE_WRITE, 0, 1, 0, WORD);
		for (u32 n = 0; n < 12 && !is_out(); n++) {
			OP(REFILL, 0, 64);
			OP(RECLAIM, 0, 1);
			OP(TICK, 0, 1000000000);
		}
		assert_true(is_out());
		fail_block(SWAP_DISK, SLOT, READS, 1);
		OP(SWAPOFF, 0, 0);
		if (of_2_5)
			assert_int_not_equal(OP(FILE_READ, 0, 1, 0), WORD);
		else
			assert_int_equal(OP(FILE_READ, 0, 1, 0), 0);
		assert_int_equal(m->counters.content_lost, 1);
		assert_int_equal(lab_first(EV_CONTENT_LOST)->a[4], 1);
		lab_destroy(NULL);
	}
}

/* -- files ----------------------------------------------------------------------------------- */

#define RW 3
#define SHARED 1

static void a_file_that_cannot_be_read(void **state)
{
	for (u32 i = 0; kernels[i]; i++) {
		u32 map;

		boot_row(kernels[i], 0);
		OP(FILE, 0, 4 * PAGE_SIZE);
		OP(DISK_ERROR, 0, 0, 2, READS, DISK_ALWAYS, 1);
		map = (u32)OP(MMAP, pid, 0, 4 * PAGE_SIZE, RW, SHARED, 1);
		OP(READ, pid, map + PAGE_SIZE);
		OP_FAILS(-7, READ, pid, map + 2 * PAGE_SIZE);
		OP_FAILS(EIO, FILE_READ, 0, 1, 2 * PAGE_SIZE);
		OP_FAILS(EIO, FILE_WRITE, 0, 1, 2 * PAGE_SIZE + 4, 1);
		OP(DISK_ERROR, 0, 0, 2, READS, 0, 1);
		OP(READ, pid, map + 2 * PAGE_SIZE);
		assert_int_equal(m->counters.content_lost, 0);
		lab_destroy(NULL);
	}
}

/* msync waits for the page and says so; the content is gone with the page, on all of them. */
static void a_file_that_cannot_be_written(void **state)
{
	for (u32 i = 0; kernels[i]; i++) {
		u32 map, pfn, n;

		boot_row(kernels[i], 0);
		OP(FILE, 0, PAGE_SIZE);
		map = (u32)OP(MMAP, pid, 0, PAGE_SIZE, RW, SHARED, 1);
		OP(WRITE, pid, map, WORD);
		pfn = lab_pfn(pid, map);
		OP(DISK_ERROR, 0, 0, 0, WRITES, 1, 1);
		OP_FAILS(EIO, MSYNC, pid, map, PAGE_SIZE, 4);
		OP(MUNMAP, pid, map, PAGE_SIZE);
		for (n = 0; n < 8 && page_count(&m->vm->mem_map[pfn]); n++) {
			OP(REFILL, 0, 64);
			OP(RECLAIM, 0, 1);
		}
		assert_int_equal(page_count(&m->vm->mem_map[pfn]), 0);
		assert_int_equal(OP(FILE_READ, 0, 1, 0), 0);
		assert_int_equal(m->counters.content_lost, 1);
		assert_int_equal(lab_first(EV_CONTENT_LOST)->a[3], 1);
		lab_destroy(NULL);
	}
}

/* -- what is refused, and what the truth does not excuse -------------------------------------- */

static void bad_arguments(void **state)
{
	boot_row(kernels[0], 0);
	OP(FILE, 0, 4 * PAGE_SIZE);
	OP_FAILS(ENODEV, DISK_ERROR, 0, 5, 1, READS, 1);
	OP_FAILS(ENODEV, DISK_ERROR, 0, 1000, 1, READS, 1);
	OP_FAILS(EINVAL, DISK_ERROR, 0, SWAP_DISK, 64, READS, 1);
	OP_FAILS(EINVAL, DISK_ERROR, 0, SWAP_DISK, 1, 2, 1);
	OP_FAILS(EBADF, DISK_ERROR, 0, 0, 1, READS, 1, 9);
	OP_FAILS(EINVAL, DISK_ERROR, 0, 0, 4, READS, 1, 1);
	OP_FAILS(EINVAL, DISK_ERROR, 0, SWAP_DISK, 1, READS, 1, 1);
}

/* A page that is lost without a disk having failed is lost. */
static void other_losses_are_none_of_it(void **state)
{
	struct op op = { .kind = OP_READ };
	u64 tag;

	boot_row(kernel_with_rmap(0), 0);
	assert_true(swap_out());
	tag = disk_tag(m->disks[SWAP_DISK], SLOT);
	disk_format(m, m->disks[SWAP_DISK], SLOT, tag + 1000);
	op.pid = (u16)pid;
	op.arg[0] = at;
	assert_false(op_run(m, &op));
	assert_int_equal(m->report.kind, REPORT_CONTENT);
	assert_int_equal(m->counters.content_lost, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_read),
		cmocka_unit_test(a_failed_read_mended),
		cmocka_unit_test(a_store_to_what_was_not_read),
		cmocka_unit_test(a_failed_write),
		cmocka_unit_test(a_failed_write_mended),
		cmocka_unit_test(a_block_that_never_works),
		cmocka_unit_test(many_failed_reads),
		cmocka_unit_test(many_failed_writes),
		cmocka_unit_test(swapoff_of_what_cannot_be_read),
		cmocka_unit_test(swapoff_of_what_cannot_be_read_mended),
		cmocka_unit_test(swapoff_of_shmem_that_cannot_be_read),
		cmocka_unit_test(a_file_that_cannot_be_read),
		cmocka_unit_test(a_file_that_cannot_be_written),
		cmocka_unit_test_teardown(bad_arguments, lab_destroy),
		cmocka_unit_test_teardown(other_losses_are_none_of_it, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
