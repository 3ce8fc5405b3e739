/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What seed 001 had to find a substitute for when it took the map lock away, and what anonmm did
 * not think of: two cpus racing. Each race runs under many schedules; with the erratum some of them
 * must show the damage, without it none may.
 *
 *	R1   one cpu unmaps a page of the swap cache for the last time, the other maps it again
 *	R2   one cpu asks who used a page of a file, the other truncates the file
 *	R3   one cpu asks who used an anonymous page, the other unmaps the only vma that has it
 *
 * R3 is open in this kernel, without any erratum: the patch "pretends to handle" it.
 */
#include "vmlab.h"

#include <stdio.h>
#include <string.h>

#define SCHEDULES 3000

/* The order of the errata in the row. */
enum { CLEAR_MAPPING = 1, WITHOUT_PAGE_LOCK = 2, PAGE_LOCK_KEPT = 4 };

static const char *kernel = "2.6.9-rc-mm";

static void boot(u64 seed, u32 errata)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name(kernel), .ram = 256 << PAGE_SHIFT,
		.swap = 256 << PAGE_SHIFT, .cpus = 2, .page_cluster = 0, .seed = seed,
		.errata = errata, .stress = 4 + (u32)seed % 24, .unchecked = true,
	});
}

/* How a schedule ended: the machine broke, or an invariant did; empty: all is well. */
static char ending[500];

static void look_at_the_end(void)
{
	struct violation v;

	ending[0] = 0;
	if (m->report.kind)
		machine_report(m, ending, sizeof(ending));
	else if (check_machine(m, &v, 1))
		snprintf(ending, sizeof(ending), "%s: %s", v.invariant, v.text);
	lab_destroy(NULL);
}

/* Two operations at once. */
static void both(struct op *one, struct op *two)
{
	assert_true(op_post(m, one));
	assert_true(op_post(m, two));
	op_run_posted(m);
}

/* How many schedules show damage that is named so; any other damage fails. */
static u32 damaged(void (*race)(void), u32 errata, const char *name)
{
	u32 seed, n = 0;

	for (seed = 1; seed <= SCHEDULES; seed++) {
		boot(seed, errata);
		race();
		look_at_the_end();
		if (!ending[0])
			continue;
		n++;
		if (!name || !strstr(ending, name))
			fail_msg("seed %u, errata %x: %s", seed, errata, ending);
	}
	print_message("# errata %x: %u of %u schedules\n", errata, n, SCHEDULES);
	return n;
}

/* -- R1 ------------------------------------------------------------------------------------- */

/* The page is in the swap cache and mapped by the parent only; the child's pte names its slot. */
static void unmap_against_fault(void)
{
	u32 parent = (u32)OP(TASK, 0), child, pfn;

	OP(MMAP, parent, A, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, parent, A, 77);
	child = (u32)OP(FORK, parent);
	pfn = lab_pfn(parent, A);
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), 0);
	OP(READ, parent, A);
	assert_int_equal(lab_pfn(parent, A), pfn);
	both(&(struct op){ .kind = OP_MUNMAP, .pid = (u16)parent, .arg = { A, PAGES(1) } },
	     &(struct op){ .kind = OP_READ, .pid = (u16)child, .arg = { A } });
}

static void clearing_mapping_loses_a_page(void **state)
{
	(void)state;
	assert_true(damaged(unmap_against_fault, CLEAR_MAPPING, "rmap-equals-oracle") > 0);
}

static void leaving_it_alone_does_not(void **state)
{
	(void)state;
	assert_int_equal(damaged(unmap_against_fault, 0, NULL), 0);
}

/* -- R2 ------------------------------------------------------------------------------------- */

static void referenced_against_truncate(void)
{
	u32 who = (u32)OP(TASK, 0), ino = (u32)OP(FILE, 0, PAGES(4));

	OP(MMAP, who, A, PAGES(1), RW, MAP_SHARED | MAP_FIXED, ino);
	OP(READ, who, A);
	both(&(struct op){ .kind = OP_REFERENCED, .arg = { lab_pfn(who, A) } },
	     &(struct op){ .kind = OP_TRUNCATE, .pid = (u16)who, .arg = { ino, 0 } });
}

static void without_the_page_lock_truncation_wins(void **state)
{
	(void)state;
	assert_true(damaged(referenced_against_truncate, WITHOUT_PAGE_LOCK, "mapping") > 0);
}

static void with_it_nobody_loses(void **state)
{
	(void)state;
	assert_int_equal(damaged(referenced_against_truncate, 0, NULL), 0);
}

/* As posted: a page that was truncated just before the lock was got stays locked for ever. */
static void as_posted_the_lock_was_kept(void **state)
{
	(void)state;
	assert_true(damaged(referenced_against_truncate, PAGE_LOCK_KEPT, "lock") > 0);
}

/* -- R3 ------------------------------------------------------------------------------------- */

static void referenced_against_munmap(void)
{
	u32 who = (u32)OP(TASK, 0);

	OP(MMAP, who, A, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, who, A, 1);
	both(&(struct op){ .kind = OP_REFERENCED, .arg = { lab_pfn(who, A) } },
	     &(struct op){ .kind = OP_MUNMAP, .pid = (u16)who, .arg = { A, PAGES(1) } });
}

static void the_anon_vma_may_be_gone(void **state)
{
	(void)state;
	assert_true(damaged(referenced_against_munmap, 0, "anon_vma") > 0);
}

/* -- anonmm: a page that moved while it was in swap ------------------------------------------- */

/* The child has it back at the old address and is about to let go of it; the parent faults at the
 * new one. */
static void moved_against_copied(void)
{
	u32 parent = (u32)OP(TASK, 0), child, pfn;

	OP(MMAP, parent, A, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, parent, A, 77);
	child = (u32)OP(FORK, parent);
	pfn = lab_pfn(parent, A);
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), 0);
	OP(MREMAP, parent, A, PAGES(1), PAGES(1), MREMAP_MAYMOVE | MREMAP_FIXED, FAR);
	OP(READ, child, A);
	OP(REFERENCED, 0, pfn); /* empties the pagevecs */
	both(&(struct op){ .kind = OP_MUNMAP, .pid = (u16)child, .arg = { A, PAGES(1) } },
	     &(struct op){ .kind = OP_WRITE, .pid = (u16)parent, .arg = { FAR, 78 } });
}

static int on_anonmm(void **state)
{
	(void)state;
	kernel = "2.6.7-anonmm";
	return 0;
}

static int on_seed_001(void **state)
{
	kernel = "2.6.9-rc-mm";
	return lab_destroy(state);
}

static void a_moved_page_that_is_kept_is_lost(void **state)
{
	(void)state;
	assert_string_equal(kernel_by_name(kernel)->errata[1], "moved-page-reused");
	assert_true(damaged(moved_against_copied, 2, "rmap-equals-oracle") > 0);
	assert_int_equal(damaged(moved_against_copied, 0, NULL), 0);
}

static void the_errata_have_these_names(void **state)
{
	const char *const *errata = kernel_by_name("2.6.9-rc-mm")->errata;

	(void)state;
	assert_string_equal(errata[0], "clear-mapping-on-last-unmap");
	assert_string_equal(errata[1], "referenced-without-page-lock");
	assert_string_equal(errata[2], "page-lock-kept");
	assert_null(errata[3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, lab_destroy)
		T(clearing_mapping_loses_a_page),
		T(leaving_it_alone_does_not),
		T(without_the_page_lock_truncation_wins),
		T(with_it_nobody_loses),
		T(as_posted_the_lock_was_kept),
		T(the_anon_vma_may_be_gone),
		cmocka_unit_test_setup_teardown(a_moved_page_that_is_kept_is_lost, on_anonmm,
						on_seed_001),
		T(the_errata_have_these_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
