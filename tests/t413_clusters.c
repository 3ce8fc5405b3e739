/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How 2.6.7 to 2.6.16 reclaim pages that remap_file_pages put out of order: no vma on the nonlinear
 * list is searched for a page, all are swept, 32 ptes at a time.
 *
 *	A                                                            96 pages, three clusters
 *	| 0 .. 31           | 32 .. 63           | 64 .. 95           |
 *	      ^ page 5 of the vma shows page 100 of the file
 */
#include "vmlab.h"
#include "mm/vmscan_2004.h"

#include <string.h>

#define CLUSTER (32u << PAGE_SHIFT)
#define ODD 5u    /* the page that is not where it belongs */
#define ELSEWHERE 100u
#define SWAP_AGAIN_ 1
#define SWAP_FAIL_ 2

static const char *const rows[] = { "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16" };
static u32 a, ino;

static u32 map_nonlinear(u32 pages)
{
	u32 who = (u32)OP(TASK, 0);

	OP(MMAP, who, A, PAGES(pages), PROT_READ, MAP_SHARED | MAP_FIXED, ino, 0);
	OP(REMAP_FILE_PAGES, who, A + PAGES(ODD), PAGES(1), 0, ELSEWHERE, 0);
	OP(TOUCH, who, A, PAGES(pages), 0);
	return who;
}

static void on_every_row(void (*test)(void))
{
	struct violation v;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("# %s\n", rows[i]);
		lab_boot_config((struct machine_config){
			.kernel = kernel_by_name(rows[i]), .ram = 512 << PAGE_SHIFT, .cpus = 1,
			.page_cluster = -1, .seed = 1, .events = true, .truth = true,
		});
		ino = (u32)OP(FILE, 0, PAGES(128));
		a = map_nonlinear(96);
		test();
		if (check_machine(m, &v, 1))
			fail_msg("%s: %s", v.invariant, v.text);
		lab_destroy(NULL);
	}
}
#define ROW_TEST(name) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		on_every_row(name); \
	}

/* -- eyes ----------------------------------------------------------------------------------- */

static struct vm_area_struct *the_vma(u32 who)
{
	return thread_by_pid(m, who)->mm->mmap;
}

static u32 pfn_of(u32 place)
{
	return lab_pfn(a, A + PAGES(place));
}

/* How many of its ptes are present from page first on. */
static u32 present(u32 who, u32 first, u32 n)
{
	struct pte_view pte;
	u32 i, found = 0;

	for (i = 0; i < n; i++)
		found += inspect_pte(m, who, A + PAGES(first + i), &pte) && pte.present;
	return found;
}

/* One try; what each cluster came to. */
static s64 unmap(u32 pfn)
{
	lab_forget();
	return OP(UNMAP, 0, pfn);
}

static void assert_cluster(u32 n, u32 who, u32 first, u32 unmapped, u32 spared)
{
	const struct event *ev = lab_event(EV_CLUSTER, who, n);

	assert_int_equal(ev->a[1], A + PAGES(first));
	assert_int_equal(ev->a[2], A + PAGES(first + 32));
	assert_int_equal(ev->a[3], unmapped);
	assert_int_equal(ev->a[4], spared);
}

/* -- one vma -------------------------------------------------------------------------------- */

static void nobody_looks_into_a_nonlinear_vma(void)
{
	struct mapping_view found[4];
	u64 visited = m->counters.vmas_visited;
	u32 pfn = pfn_of(0);

	assert_true(the_vma(a)->vm_flags & VM_NONLINEAR);
	OP(REFERENCED, 0, pfn);
	assert_int_equal(m->counters.vmas_visited, visited);
	/* Not even the pages that are where they belong: the row lists this miss. */
	assert_int_equal(inspect_rmap(m, pfn, found, 4), 0);
	assert_int_equal(inspect_mappers(m, pfn, found, 4), 1);
}
ROW_TEST(nobody_looks_into_a_nonlinear_vma)

/* The first time everything was used: all lose their accessed bit, and the cursor starts again. */
static void the_first_sweep_only_ages(void)
{
	assert_int_equal(unmap(pfn_of(0)), SWAP_AGAIN_);
	assert_int_equal(lab_count(EV_CLUSTER), 3);
	assert_cluster(0, a, 0, 0, 32);
	assert_cluster(1, a, 32, 0, 32);
	assert_cluster(2, a, 64, 0, 32);
	assert_int_equal(the_vma(a)->vm_private_data, 0);
	assert_int_equal(present(a, 0, 96), 96);
}
ROW_TEST(the_first_sweep_only_ages)

/* As many ptes as the page has mappings are enough, and a cluster is the least that is done. */
static void the_second_clears_a_cluster(void)
{
	struct pte_view pte;
	u32 pfn = pfn_of(0);

	unmap(pfn);
	assert_int_equal(unmap(pfn), 0);
	assert_int_equal(lab_count(EV_CLUSTER), 1);
	assert_cluster(0, a, 0, 32, 0);
	assert_int_equal(the_vma(a)->vm_private_data, CLUSTER);
	assert_int_equal(present(a, 0, 32), 0);
	assert_int_equal(present(a, 32, 64), 64);

	/* What is where it belongs leaves nothing behind; the odd one leaves its place in the file:
	 * 100 is 00100 in bits 1-5 and 3 from bit 8 on. */
	inspect_pte(m, a, A, &pte);
	assert_int_equal(pte.raw, 0);
	inspect_pte(m, a, A + PAGES(ODD), &pte);
	assert_int_equal(pte.raw, (ELSEWHERE & 31) << 1 | ELSEWHERE >> 5 << 8 | 0x40);
	OP(READ, a, A + PAGES(ODD));
	assert_int_equal(m->vm->mem_map[pfn_of(ODD)].index, ELSEWHERE);
}
ROW_TEST(the_second_clears_a_cluster)

/* The page asked for says how much, not which: a page of the third cluster costs the first. */
static void another_pages_ptes_go_first(void)
{
	u32 pfn = pfn_of(90);

	unmap(pfn);
	assert_int_equal(unmap(pfn), SWAP_AGAIN_);
	assert_cluster(0, a, 0, 32, 0);
	assert_int_equal(present(a, 90, 1), 1);
	assert_int_equal(unmap(pfn), SWAP_AGAIN_);
	assert_cluster(0, a, 32, 32, 0);
	assert_int_equal(the_vma(a)->vm_private_data, 2 * CLUSTER);
	assert_int_equal(unmap(pfn), 0);
	assert_cluster(0, a, 64, 32, 0);
	assert_int_equal(present(a, 0, 96), 0);
}
ROW_TEST(another_pages_ptes_go_first)

/* A used pte in a cluster is spared, its neighbours are not. */
static void what_was_used_is_spared(void)
{
	u32 pfn = pfn_of(0);

	unmap(pfn);
	OP(MADVISE, a, A + PAGES(7), PAGES(1), MADV_DONTNEED);
	OP(READ, a, A + PAGES(7)); /* a fault: the pte is young */
	assert_int_equal(unmap(pfn), 0);
	assert_cluster(0, a, 0, 31, 1);
	assert_int_equal(present(a, 7, 1), 1);
}
ROW_TEST(what_was_used_is_spared)

/* -- several vmas --------------------------------------------------------------------------- */

/* The cursor of the one that is ahead is how far the others are swept, too. */
static void vmas_are_kept_in_step(void)
{
	u32 b = map_nonlinear(64), pfn = pfn_of(0);

	unmap(pfn); /* all of both are aged */
	/* The page is mapped twice; the 32 ptes of the first cluster are more than enough. */
	assert_int_equal(unmap(pfn), SWAP_AGAIN_);
	assert_int_equal(lab_count(EV_CLUSTER), 1);
	assert_int_equal(present(a, 0, 32), 0);
	assert_int_equal(present(b, 0, 32), 32);
	assert_int_equal(the_vma(a)->vm_private_data, CLUSTER);
	assert_int_equal(the_vma(b)->vm_private_data, 0);
	/* Now it is the turn of the one behind. */
	assert_int_equal(unmap(pfn), 0);
	assert_int_equal(lab_count(EV_CLUSTER), 1);
	assert_cluster(0, b, 0, 32, 0);
	assert_int_equal(the_vma(b)->vm_private_data, CLUSTER);
	assert_int_equal(present(a, 32, 64), 64);
}
ROW_TEST(vmas_are_kept_in_step)

/* A vma that is at its end goes along with the others, so that all start again together. */
static void a_short_vma_goes_along(void)
{
	u32 b = map_nonlinear(32), pfn = pfn_of(40);

	unmap(pfn);                                /* ages */
	assert_int_equal(unmap(pfn), SWAP_AGAIN_); /* the first cluster of a */
	assert_int_equal(unmap(pfn), SWAP_AGAIN_); /* the only one of b */
	assert_int_equal(present(b, 0, 32), 0);
	assert_int_equal(unmap(pfn), 0);           /* the second of a */
	assert_int_equal(the_vma(a)->vm_private_data, 2 * CLUSTER);
	assert_int_equal(the_vma(b)->vm_private_data, CLUSTER);
	assert_int_equal(unmap(pfn_of(90)), 0);
	assert_int_equal(lab_count(EV_CLUSTER), 1);
	assert_int_equal(the_vma(b)->vm_private_data, 2 * CLUSTER);
}
ROW_TEST(a_short_vma_goes_along)

/* Linear vmas come first, and the page is looked for in them. */
static void linear_vmas_come_first(void)
{
	u32 b = (u32)OP(TASK, 0), pfn;

	OP(MMAP, b, B, PAGES(4), PROT_READ, MAP_SHARED | MAP_FIXED, ino, PAGES(ELSEWHERE - 2));
	OP(READ, b, B + PAGES(2));
	pfn = lab_pfn(b, B + PAGES(2));
	assert_int_equal(pfn, pfn_of(ODD));
	OP(REFERENCED, 0, pfn);
	assert_int_equal(unmap(pfn), SWAP_AGAIN_); /* gone from b, aged in a */
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 1);
	assert_int_equal(lab_event(EV_UNMAP_ONE, pfn, 0)->a[1], b);
	assert_int_equal(present(a, ODD, 1), 1);
	assert_int_equal(unmap(pfn), 0);
	assert_int_equal(present(a, 0, 32), 0);
}
ROW_TEST(linear_vmas_come_first)

/* A cluster where there is no page table: up to 2.6.9 page_table_lock is taken and nothing found;
 * in 2.6.16 the lock is the table's, so there is nothing to take. */
#define STRADDLE 0x507e0000u /* 32 pages before the next table begins */
static void a_cluster_without_a_table(void)
{
	bool looks = strcmp(m->vm->kernel->name, "2.6.16") != 0;
	u32 b = (u32)OP(TASK, 0);

	OP(MMAP, b, STRADDLE, PAGES(64), PROT_READ, MAP_SHARED | MAP_FIXED, ino, 0);
	OP(REMAP_FILE_PAGES, b, STRADDLE + PAGES(ODD), PAGES(1), 0, ELSEWHERE, 0);
	OP(TOUCH, b, STRADDLE, PAGES(32), 0);
	assert_int_equal(unmap(pfn_of(0)), SWAP_AGAIN_);
	assert_int_equal(lab_count_of(EV_CLUSTER, b), looks ? 2 : 1);
	assert_int_equal(lab_event(EV_CLUSTER, b, 0)->a[4], 32);
	if (looks)
		assert_int_equal(lab_event(EV_CLUSTER, b, 1)->a[1], STRADDLE + PAGES(32));
	OP(EXIT, b, 0);
}
ROW_TEST(a_cluster_without_a_table)

/* Locked vmas are left alone. If there are no others 2.6.16 says so, the older ones "again". */
static void a_locked_vma_is_not_swept(void)
{
	bool says_so = !strcmp(m->vm->kernel->name, "2.6.16");
	u32 pfn = pfn_of(0);

	OP(MLOCK, a, A, PAGES(96));
	assert_int_equal(unmap(pfn), says_so ? SWAP_FAIL_ : SWAP_AGAIN_);
	assert_int_equal(unmap(pfn), says_so ? SWAP_FAIL_ : SWAP_AGAIN_);
	assert_int_equal(lab_count(EV_CLUSTER), 0);
	assert_int_equal(present(a, 0, 96), 96);
}
ROW_TEST(a_locked_vma_is_not_swept)

/* Past the end nothing is left for this page: all cursors go back to the start. */
static void the_end_is_a_new_beginning(void)
{
	u32 pfn = pfn_of(0);

	unmap(pfn);
	unmap(pfn);
	unmap(pfn_of(40));
	unmap(pfn_of(90));
	assert_int_equal(the_vma(a)->vm_private_data, 3 * CLUSTER);
	OP(READ, a, A);
	assert_int_equal(unmap(pfn), SWAP_AGAIN_);
	assert_int_equal(lab_count(EV_CLUSTER), 0);
	assert_int_equal(the_vma(a)->vm_private_data, 0);
	assert_int_equal(unmap(pfn), SWAP_AGAIN_); /* aged */
	assert_int_equal(unmap(pfn), 0);
}
ROW_TEST(the_end_is_a_new_beginning)

static u32 asked;

static void sweep_for(void *wanted)
{
	current->need_resched = wanted != NULL;
	unmap_2004(&m->vm->mem_map[asked]);
}

/* How often the lock of the file's vmas was waited for. */
static u32 times_locked(void *wanted)
{
	lab_forget();
	lab_run(sweep_for, wanted);
	assert_true(lab_count(EV_CLUSTER) > 0);
	return lab_count_of(EV_LOCK, LC_I_SHARED_LOCK);
}

/* A sweep can be long: when the cpu is wanted both it and i_mmap_lock are given up, and the sweep
 * goes on afterwards (cond_resched_lock). */
static void the_lock_is_given_up_when_the_cpu_is_wanted(void **state)
{
	u32 row, calm;

	(void)state;
	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		lab_boot_config((struct machine_config){
			.kernel = kernel_by_name(rows[row]), .ram = 512 << PAGE_SHIFT, .cpus = 2,
			.page_cluster = -1, .seed = 1, .events = true,
		});
		ino = (u32)OP(FILE, 0, PAGES(128));
		a = map_nonlinear(96);
		asked = pfn_of(0);
		calm = times_locked(NULL);
		OP(TOUCH, a, A, PAGES(96), 0);
		assert_int_equal(times_locked(m), calm + 1);
		lab_destroy(NULL);
	}
}

/* What the rows with a map lock did: the page that was asked for, counted off twice. */
static void erratum_nr_mapped_twice(void **state)
{
	u32 row, pfn, mapped;

	(void)state;
	for (row = 0; row < 2; row++) {
		lab_boot_config((struct machine_config){
			.kernel = kernel_by_name(rows[row]), .ram = 512 << PAGE_SHIFT, .cpus = 1,
			.page_cluster = -1, .seed = 1, .events = true, .errata = 1,
			.unchecked = true,
		});
		assert_string_equal(m->config.kernel->errata[0], "nr-mapped-twice");
		ino = (u32)OP(FILE, 0, PAGES(128));
		a = map_nonlinear(96);
		pfn = pfn_of(0);
		mapped = m->vm->nr_mapped;
		unmap(pfn);
		assert_int_equal(unmap(pfn), 0);
		assert_int_equal(m->vm->nr_mapped, mapped - 32 - 1);
		lab_destroy(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(test_##name, lab_destroy)
		T(nobody_looks_into_a_nonlinear_vma),
		T(the_first_sweep_only_ages),
		T(the_second_clears_a_cluster),
		T(another_pages_ptes_go_first),
		T(what_was_used_is_spared),
		T(vmas_are_kept_in_step),
		T(a_short_vma_goes_along),
		T(linear_vmas_come_first),
		T(a_cluster_without_a_table),
		T(a_locked_vma_is_not_swept),
		T(the_end_is_a_new_beginning),
		cmocka_unit_test_teardown(the_lock_is_given_up_when_the_cpu_is_wanted, lab_destroy),
		cmocka_unit_test_teardown(erratum_nr_mapped_twice, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
