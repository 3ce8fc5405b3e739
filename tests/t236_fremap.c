/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * remap_file_pages on every kernel that has it: what is seen, what the ptes say, what comes of it
 * under reclaim, fork, mremap, madvise and truncation, and what is refused. Where kernels differ
 * the difference is taken from their sources (mm/fremap.c and mm/filemap.c of 2.6.0, 2.6.5, 2.6.7,
 * 2.6.8, 2.6.16, mm/mmap.c of 4.0) and stands in struct fremap_ops.
 *
 *	51000000                              51008000
 *	| file, pages 0 to 7, shared          |           page i of the file begins with 100 + i
 */
#include "lab.h"

#include <errno.h>

#include "mm/swap.h"
#include "rmap/rmap.h"

#define S 0x51000000u
#define FAR 0x60000000u
#define PLACE(i) (S + ((u32)(i) << PAGE_SHIFT))
#define LEN(n) ((u64)(n) << PAGE_SHIFT)
#define RW (PROT_READ | PROT_WRITE)
#define FILE_PAGES 16u
#define VMA_PAGES 8u
#define SIGBUS_ (-7)

static const struct kernel *kernel;
static u32 pid, file;

static const struct fremap_ops *how(void)
{
	return kernel->fremap;
}

static void boot(u32 cpus)
{
	u32 i;

	lab_boot_config((struct machine_config){
		.kernel = kernel, .ram = 512 << PAGE_SHIFT, .swap = 256 << PAGE_SHIFT,
		.cpus = cpus, .page_cluster = -1, .seed = 1, .events = true, .truth = true,
	});
	file = (u32)OP(FILE, 0, LEN(FILE_PAGES));
	for (i = 0; i < FILE_PAGES; i++)
		OP(FILE_WRITE, 0, file, LEN(i), 100 + i);
	pid = (u32)OP(TASK, 0);
	OP(MMAP, pid, S, LEN(VMA_PAGES), RW, MAP_SHARED | MAP_FIXED, file, 0);
}

/* Once for each kernel that has the call, on one cpu and on two. */
static void for_each_kernel(void (*test)(void))
{
	struct violation v[1];
	u32 i, cpus;

	for (i = 0; kernels[i]; i++) {
		kernel = kernels[i];
		for (cpus = 1; kernel->fremap && cpus <= 2; cpus++) {
			boot(cpus);
			test();
			if (check_machine(m, v, 1))
				fail_msg("%s: %s: %s", kernel->name, v[0].invariant, v[0].text);
			lab_destroy(NULL);
		}
	}
}

/* -- what there is --------------------------------------------------------------------------- */

static void remap(u32 place, u32 n, u32 pgoff)
{
	OP(REMAP_FILE_PAGES, pid, PLACE(place), LEN(n), 0, pgoff);
}

static u32 raw(u32 who, u32 place)
{
	struct pte_view pte;

	return inspect_pte(m, who, PLACE(place), &pte) ? pte.raw : 0;
}

static u32 vmas(u32 *flags)
{
	struct vma_view vma[24];
	u32 i, n = inspect_vmas(m, pid, vma, ARRAY_SIZE(vma));

	for (*flags = 0, i = 0; i < n; i++)
		*flags |= vma[i].flags;
	return n;
}

/* Get a page of the file out of its place, however often that takes. */
static void push_out(u32 place)
{
	struct op op = { .kind = OP_UNMAP };
	u32 laps;

	for (laps = 0; laps < 20 && raw(pid, place) & _PAGE_PRESENT; laps++) {
		op.arg[0] = lab_pfn(pid, PLACE(place));
		OP(REFERENCED, 0, op.arg[0]);
		assert_true(op_run(m, &op));
	}
	assert_false(raw(pid, place) & _PAGE_PRESENT);
}

/* -- what is seen ---------------------------------------------------------------------------- */

static void places_show_other_pages(void)
{
	u32 i;

	for (i = 0; i < VMA_PAGES; i++)
		OP(READ, pid, PLACE(i));
	remap(1, 2, 12);
	assert_int_equal(OP(READ, pid, PLACE(0)), 100);
	assert_int_equal(OP(READ, pid, PLACE(1)), 112);
	assert_int_equal(OP(READ, pid, PLACE(2)), 113);
	assert_int_equal(OP(READ, pid, PLACE(3)), 103);
	OP(WRITE, pid, PLACE(2), 7);
	assert_int_equal(OP(FILE_READ, 0, file, LEN(13)), 7);
	remap(1, 1, 1);
	assert_int_equal(OP(READ, pid, PLACE(1)), 101);
	assert_int_equal(OP(READ, pid, PLACE(2)), 7);
}

/* Page tables alone, or 4.0: three vmas of one. */
static void vmas_stay_or_are_split(void)
{
	u32 flags;

	assert_int_equal(vmas(&flags), 1);
	remap(1, 2, 1);
	assert_int_equal(vmas(&flags), 1);
	assert_false(flags & VM_NONLINEAR);
	remap(1, 2, 12);
	assert_int_equal(vmas(&flags), how()->by_vma ? 3 : 1);
	assert_int_equal(!!(flags & VM_NONLINEAR), !how()->by_vma);
}

/* One page, twice in one vma and once in its place. */
static void one_page_in_three_places(void)
{
	struct mapping_view found[4];
	u32 i, n, pfn;

	remap(4, 1, 2);
	remap(6, 1, 2);
	for (i = 2; i <= 6; i += 2)
		assert_int_equal(OP(READ, pid, PLACE(i)), 102);
	pfn = lab_pfn(pid, PLACE(2));
	assert_int_equal(lab_pfn(pid, PLACE(4)), pfn);
	assert_int_equal(lab_pfn(pid, PLACE(6)), pfn);
	assert_int_equal(inspect_mappers(m, pfn, found, 4), 3);
	n = inspect_rmap(m, pfn, found, 4);
	if (how()->has_cursor) /* no walk goes into a nonlinear vma; try_to_unmap sweeps it */
		assert_int_equal(n, 0);
	else
		assert_int_equal(n, 3);
}

/* -- reclaim --------------------------------------------------------------------------------- */

/* 12 = 12 + 0 * 32: 12 << 1 | 1 << 6. 13: 13 << 1 | 1 << 6. */
static void what_is_unmapped_is_found_again(void)
{
	remap(1, 1, 12);
	remap(2, 1, 13);
	OP(WRITE, pid, PLACE(2), 8);
	push_out(1);
	push_out(2);
	assert_int_equal(raw(pid, 1), how()->by_vma ? 0 : 0x58);
	assert_int_equal(raw(pid, 2), how()->by_vma ? 0 : 0x5a);
	assert_int_equal(OP(READ, pid, PLACE(1)), 112);
	assert_int_equal(OP(READ, pid, PLACE(2)), 8);
	assert_int_equal(OP(FILE_READ, 0, file, LEN(13)), 8);
}

/* 45 = 13 + 1 * 32: 13 << 1 | 1 << 6 | 1 << 8. */
static void a_page_number_of_more_than_five_bits(void)
{
	OP(TRUNCATE, 0, file, LEN(64));
	OP(FILE_WRITE, 0, file, LEN(45), 145);
	remap(1, 1, 45);
	push_out(1);
	assert_int_equal(raw(pid, 1), how()->by_vma ? 0 : 0x15a);
	assert_int_equal(OP(READ, pid, PLACE(1)), 145);
}

static void fork_hands_places_down(void)
{
	u32 child;

	remap(1, 1, 12);
	remap(2, 1, 13);
	OP(READ, pid, PLACE(1));
	OP(READ, pid, PLACE(2));
	push_out(2);
	child = (u32)OP(FORK, pid);
	assert_int_equal(OP(READ, child, PLACE(1)), 112);
	assert_int_equal(OP(READ, child, PLACE(2)), 113);
	OP(EXIT, pid);
	assert_int_equal(OP(READ, child, PLACE(1)), 112);
	OP(MUNMAP, child, S, LEN(VMA_PAGES));
	OP_FAILS(-11, READ, child, PLACE(1));
}

static void mremap_takes_places_along(void)
{
	if (how()->by_vma)
		return; /* it is three vmas there */
	remap(1, 1, 12);
	remap(2, 1, 13);
	push_out(2);
	assert_int_equal(OP(MREMAP, pid, S, LEN(VMA_PAGES), LEN(VMA_PAGES), 3, FAR), FAR);
	assert_int_equal(OP(READ, pid, FAR + LEN(1)), 112);
	assert_int_equal(OP(READ, pid, FAR + LEN(2)), 113);
	assert_int_equal(OP(READ, pid, FAR + LEN(3)), 103);
}

/* Up to 2.6.5 the entries are emptied and the linear page comes; later they are not. */
static void dontneed_forgets_or_not(void)
{
	remap(1, 1, 12);
	remap(2, 1, 13);
	push_out(2);
	OP(MADVISE, pid, S, LEN(VMA_PAGES), MADV_DONTNEED);
	assert_int_equal(OP(READ, pid, PLACE(1)), how()->zap_forgets ? 101 : 112);
	assert_int_equal(OP(READ, pid, PLACE(2)), how()->zap_forgets ? 102 : 113);
}

/* -- truncation ------------------------------------------------------------------------------ */

/* Place 1 shows page 12, which is cut off. 2.6.0 and 2.6.5 do not look for it at place 1: it stays,
 * belongs to no file, and goes to swap like an anonymous page. */
static void truncation_misses_what_is_out_of_place(void)
{
	u32 pfn;

	remap(1, 1, 12);
	OP(READ, pid, PLACE(1));
	pfn = lab_pfn(pid, PLACE(1));
	OP(TRUNCATE, 0, file, LEN(8));
	assert_int_equal(OP(READ, pid, PLACE(7)), 107);
	if (!how()->zap_forgets) {
		OP_FAILS(SIGBUS_, READ, pid, PLACE(1));
		OP(TRUNCATE, 0, file, LEN(16));
		assert_int_equal(OP(READ, pid, PLACE(1)), 0);
		return;
	}
	assert_int_equal(lab_pfn(pid, PLACE(1)), pfn);
	assert_int_equal(OP(READ, pid, PLACE(1)), 112);
	assert_null(m->vm->mem_map[pfn].mapping);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
	assert_false(raw(pid, 1) & _PAGE_PRESENT);
	assert_false(pte_file(raw(pid, 1)));
	assert_int_equal(OP(READ, pid, PLACE(1)), 112);
}

/* Place 6 shows page 2, which stays in the file; by its place it seems to lie behind the end. */
static void truncation_hits_what_seems_behind_the_end(void)
{
	remap(6, 1, 2);
	OP(READ, pid, PLACE(6));
	OP(TRUNCATE, 0, file, LEN(4));
	assert_int_equal(OP(READ, pid, PLACE(2)), 102);
	if (how()->zap_forgets)
		OP_FAILS(SIGBUS_, READ, pid, PLACE(6));
	else
		assert_int_equal(OP(READ, pid, PLACE(6)), 102);
}

/* The same, and the file is as long as before: what is behind its end is cut off all the same. */
static void truncation_to_the_same_length(void)
{
	OP(TRUNCATE, 0, file, LEN(4));
	remap(6, 1, 2);
	assert_int_equal(OP(READ, pid, PLACE(6)), 102);
	OP(TRUNCATE, 0, file, LEN(4));
	OP(TRUNCATE, 0, file, LEN(16));
	assert_int_equal(OP(READ, pid, PLACE(6)), how()->zap_forgets ? 0 : 102);
}

/* -- without waiting ------------------------------------------------------------------------- */

static void forget_the_file(void)
{
	struct file_view view = { .pages = 1 };
	u32 laps;

	OP(SYNC, 0, 0);
	for (laps = 0; laps < 40 && view.pages; laps++) {
		OP(REFILL, 0, 400);
		OP(RECLAIM, 0, 400);
		assert_int_equal(inspect_files(m, &view, 1), 1);
	}
	assert_int_equal(view.pages, 0);
}

static void nonblock_only_takes_notes(void)
{
	u64 reads;

	forget_the_file();
	reads = m->counters.io_reads;
	OP(REMAP_FILE_PAGES, pid, PLACE(1), LEN(1), 0, 12, MAP_NONBLOCK);
	assert_int_equal(m->counters.io_reads, reads);
	assert_int_equal(raw(pid, 1), how()->by_vma ? 0 : 0x58);
	assert_int_equal(OP(READ, pid, PLACE(1)), 112);
}

/* The linear page is not in memory: to 2.6.7 whatever was there stays; from 2.6.8 on it is
 * noted, and 2.6.16 leaves a linear vma alone. */
static void nonblock_back_to_the_linear_page(void)
{
	forget_the_file();
	remap(1, 1, 12);
	OP(REMAP_FILE_PAGES, pid, PLACE(1), LEN(1), 0, 1, MAP_NONBLOCK);
	if (how()->by_vma)
		assert_int_equal(OP(READ, pid, PLACE(1)), 101);
	else if (how()->notes_linear)
		assert_int_equal(raw(pid, 1), 0x42);
	else
		assert_int_equal(OP(READ, pid, PLACE(1)), 112);
	OP(REMAP_FILE_PAGES, pid, PLACE(2), LEN(1), 0, 2, MAP_NONBLOCK);
	if (how()->notes_linear)
		assert_int_equal(raw(pid, 2), 0x44);
	else
		assert_int_equal(raw(pid, 2), 0);
	assert_int_equal(OP(READ, pid, PLACE(2)), 102);
}

/* -- what is refused ------------------------------------------------------------------------- */

#define REFUSED(...) OP_FAILS(EINVAL, REMAP_FILE_PAGES, pid, __VA_ARGS__)

static void bad_arguments(void)
{
	u32 i, flags, before[VMA_PAGES];

	OP(TOUCH, pid, S, LEN(4), 0);
	for (i = 0; i < VMA_PAGES; i++)
		before[i] = raw(pid, i);
	REFUSED(S, LEN(1), PROT_READ, 12);                /* prot is not implemented */
	REFUSED(S, 0, 0, 12);                             /* nothing */
	REFUSED(S, 0xfff, 0, 12);                         /* less than a page */
	REFUSED(0xfffff000, LEN(2), 0, 12);               /* round the end of memory */
	REFUSED(S - PAGE_SIZE, LEN(2), 0, 12);            /* begins before the vma */
	REFUSED(PLACE(7), LEN(2), 0, 12);                 /* ends behind it */
	REFUSED(FAR, LEN(1), 0, 12);                      /* there is none */
	for (i = 0; i < VMA_PAGES; i++)
		assert_int_equal(raw(pid, i), before[i]);
	assert_int_equal(vmas(&flags), 1);
	assert_false(flags & VM_NONLINEAR);
}

static void only_shared_files(void)
{
	OP(MMAP, pid, FAR, LEN(4), RW, MAP_PRIVATE | MAP_FIXED, file, 0);
	OP(MMAP, pid, FAR + LEN(8), LEN(4), RW, MAP_PRIVATE | MAP_FIXED);
	REFUSED(FAR, LEN(1), 0, 12);
	REFUSED(FAR + LEN(8), LEN(1), 0, 12);
}

/* start is rounded down and size too; but the end that is compared with the vma's was added up
 * before, up to 2.6.16. */
static void the_end_is_not_rounded(void)
{
	OP(REMAP_FILE_PAGES, pid, PLACE(1) + 4, LEN(1), 0, 12);
	assert_int_equal(OP(READ, pid, PLACE(1)), 112);
	if (how()->by_vma)
		OP(REMAP_FILE_PAGES, pid, PLACE(7) + 4, LEN(1), 0, 12);
	else
		REFUSED(PLACE(7) + 4, LEN(1), 0, 12);
	assert_int_equal(OP(READ, pid, PLACE(7)), how()->by_vma ? 112 : 107);
}

/* The vma is nonlinear already when the file turns out to be too short. */
static void behind_the_end_of_the_file(void)
{
	u32 flags;

	if (how()->by_vma) {
		OP(REMAP_FILE_PAGES, pid, PLACE(1), LEN(2), 0, 15);
		assert_int_equal(OP(READ, pid, PLACE(1)), 115);
		OP_FAILS(SIGBUS_, READ, pid, PLACE(2));
		return;
	}
	REFUSED(PLACE(1), LEN(2), 0, 15);
	vmas(&flags);
	assert_true(flags & VM_NONLINEAR);
	assert_int_equal(OP(READ, pid, PLACE(1)), 101);
}

/* A pte has 29 bits for it; 4.0 has a vma for it. */
static void a_page_number_too_large(void)
{
	u32 flags;

	if (how()->by_vma) {
		OP(REMAP_FILE_PAGES, pid, PLACE(1), LEN(1), 0, 1u << 29);
		OP_FAILS(SIGBUS_, READ, pid, PLACE(1));
	} else {
		REFUSED(PLACE(1), LEN(1), 0, (1u << 29) - 1);
		vmas(&flags);
		assert_false(flags & VM_NONLINEAR);
	}
	REFUSED(PLACE(1), LEN(2), 0, UINT32_MAX);
}

static void there_is_no_such_call(void **state)
{
	u32 i, none = 0;

	for (i = 0; kernels[i]; i++) {
		kernel = kernels[i];
		if (kernel->fremap)
			continue;
		boot(1);
		OP_FAILS(ENOSYS, REMAP_FILE_PAGES, pid, PLACE(1), LEN(1), 0, 12);
		assert_int_equal(OP(READ, pid, PLACE(1)), 101);
		lab_destroy(NULL);
		none++;
	}
	assert_true(none); /* 2.5.27 */
}

#define TESTS(X) \
	X(places_show_other_pages) X(vmas_stay_or_are_split) X(one_page_in_three_places) \
	X(what_is_unmapped_is_found_again) X(a_page_number_of_more_than_five_bits) \
	X(fork_hands_places_down) X(mremap_takes_places_along) X(dontneed_forgets_or_not) \
	X(truncation_misses_what_is_out_of_place) X(truncation_hits_what_seems_behind_the_end) \
	X(truncation_to_the_same_length) \
	X(nonblock_only_takes_notes) X(nonblock_back_to_the_linear_page) X(bad_arguments) \
	X(only_shared_files) X(the_end_is_not_rounded) X(behind_the_end_of_the_file) \
	X(a_page_number_too_large)

#define X(name) static void test_##name(void **state) { for_each_kernel(name); }
TESTS(X)
#undef X

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(there_is_no_such_call, lab_destroy),
#define X(name) cmocka_unit_test_teardown(test_##name, lab_destroy),
		TESTS(X)
#undef X
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
