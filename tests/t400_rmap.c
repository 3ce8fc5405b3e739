/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract of reverse mapping, for every generation that is listed: whatever maps and unmaps
 * memory, the rmap of a page finds exactly the ptes that a walk of all page tables finds, asking
 * who used it asks all of them, and unmapping leaves none. No generation is named here; one that
 * keeps nothing (blind) must say so each time.
 */
#include "lab.h"

#include <errno.h>
#include <string.h>

#include "rmap/rmap.h"

#define RW (PROT_READ | PROT_WRITE)
#define MOST 40

static const struct kernel *kernel; /* of the generation under test */

/* -- the generations ----------------------------------------------------------------------- */

static const struct kernel *kernel_of(const struct rmap_ops *ops)
{
	u32 i;

	for (i = 0; kernels[i]; i++)
		if (kernels[i]->rmap == ops)
			return kernels[i];
	return NULL;
}

static void boot(u32 cpus)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel, .ram = 256 << PAGE_SHIFT, .swap = 256 << PAGE_SHIFT,
		.cpus = cpus, .page_cluster = -1, .seed = 1, .events = true, .truth = true,
	});
	assert_ptr_equal(m->vm->kernel, kernel);
}

/* Run a test once for each generation, on one cpu and on two. */
static void for_each_generation(void (*test)(void))
{
	u32 i, cpus;

	for (i = 0; rmap_generations[i]; i++) {
		kernel = kernel_of(rmap_generations[i]);
		assert_non_null(kernel);
		for (cpus = 1; cpus <= 2; cpus++) {
			boot(cpus);
			test();
			lab_destroy(NULL);
		}
	}
}

/* -- what must always be so ---------------------------------------------------------------- */

static void all_agree(void)
{
	struct violation v;
	u32 pfn;

	for (pfn = 0; pfn < m->nr_frames; pfn++)
		if (!PageReserved(&m->vm->mem_map[pfn]))
			lab_mapped_by(pfn, inspect_mappers(m, pfn, NULL, 0));
	if (check_machine(m, &v, 1))
		fail_msg("%s: %s", v.invariant, v.text);
}

static u32 fork_of(u32 pid)
{
	return (u32)OP(FORK, pid);
}

/* -- mapping and unmapping ----------------------------------------------------------------- */

static void a_first_write_maps(void)
{
	u32 at, pid = lab_process(4, &at), i;

	for (i = 0; i < 4; i++) {
		OP(WRITE, pid, at + i * PAGE_SIZE, i);
		lab_mapped_by(lab_pfn(pid, at + i * PAGE_SIZE), 1);
	}
	all_agree();
}

static void the_zero_page_is_in_no_rmap(void)
{
	u32 at, pid = lab_process(4, &at);
	struct mapping_view none[1];

	OP(READ, pid, at);
	assert_int_equal(lab_pfn(pid, at), m->vm->zero_pfn);
	assert_int_equal(inspect_rmap(m, m->vm->zero_pfn, none, 1), 0);
	assert_int_equal(inspect_mappers(m, m->vm->zero_pfn, none, 1), 1);
	OP(WRITE, pid, at, 7);
	lab_mapped_by(lab_pfn(pid, at), 1);
	all_agree();
}

static void fork_adds_and_exit_removes(void)
{
	u32 at, pid = lab_process(2, &at), pids[30], i, pfn;

	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	for (i = 0; i < 30; i++) {
		pids[i] = fork_of(i % 2 ? pids[i - 1] : pid);
		lab_mapped_by(pfn, i + 2);
	}
	all_agree();
	for (i = 0; i < 30; i += 2) {
		OP(EXIT, pids[i]);
		lab_mapped_by(pfn, 31 - i / 2 - 1);
	}
	for (i = 1; i < 30; i += 2)
		OP(MUNMAP, pids[i], at, 2 * PAGE_SIZE);
	lab_mapped_by(pfn, 1);
	all_agree();
	OP(EXIT, pid);
	lab_mapped_by(pfn, 0);
	all_agree();
}

/* A kernel without rmap cannot be asked about a page, and says so. */
static bool cannot_be_asked(u32 pfn)
{
	u32 n = inspect_mappers(m, pfn, NULL, 0);

	if (!kernel->rmap->blind)
		return false;
	OP_FAILS(ENOSYS, REFERENCED, 0, pfn);
	OP_FAILS(ENOSYS, UNMAP, 0, pfn);
	lab_mapped_by(pfn, n);
	return true;
}

/* As reclaim does it: first ask, then unmap. Later kernels leave alone what was used in between. */
static s64 unmap(u32 pfn)
{
	OP(REFERENCED, 0, pfn);
	return OP(UNMAP, 0, pfn);
}

static void a_broken_cow_moves_one_mapping(void)
{
	u32 at, pid = lab_process(1, &at), child, pfn;

	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	child = fork_of(pid);
	OP(WRITE, child, at, 2);
	assert_int_not_equal(lab_pfn(child, at), pfn);
	lab_mapped_by(pfn, 1);
	lab_mapped_by(lab_pfn(child, at), 1);
	if (!cannot_be_asked(pfn))
		OP(REFERENCED, 0, pfn); /* nobody holds it while it waits for its list */
	OP(WRITE, pid, at, 3);  /* the only user left */
	assert_int_equal(lab_pfn(pid, at), pfn);
	lab_mapped_by(pfn, 1);
	all_agree();
}

static void a_file_page_has_all_kinds_of_mappings(void)
{
	u32 a = (u32)OP(TASK, 0), b = (u32)OP(TASK, 0), at[3], i, pfn;
	s64 file = OP(FILE, 0, 3 * PAGE_SIZE);

	at[0] = (u32)OP(MMAP, a, 0, 3 * PAGE_SIZE, RW, MAP_SHARED, (u64)file);
	at[1] = (u32)OP(MMAP, a, 0, 2 * PAGE_SIZE, PROT_READ, MAP_PRIVATE, (u64)file, PAGE_SIZE);
	at[2] = (u32)OP(MMAP, b, 0, 3 * PAGE_SIZE, RW, MAP_PRIVATE, (u64)file);
	OP(READ, a, at[0] + PAGE_SIZE);
	OP(READ, a, at[1]);
	OP(READ, b, at[2] + PAGE_SIZE);
	pfn = lab_pfn(a, at[0] + PAGE_SIZE);
	lab_mapped_by(pfn, 3);
	OP(WRITE, b, at[2] + PAGE_SIZE, 9); /* its own copy now */
	lab_mapped_by(pfn, 2);
	for (i = 0; i < 2; i++)
		OP(MUNMAP, a, at[i], 3 * PAGE_SIZE);
	lab_mapped_by(pfn, 0);
	all_agree();
}

static void a_page_comes_back_from_swap_with_each_who_wants_it(void)
{
	u32 at, pid = lab_process(1, &at), child, pfn;

	OP(WRITE, pid, at, 77);
	child = fork_of(pid);
	if (!cannot_be_asked(lab_pfn(pid, at)))
		assert_int_equal(unmap(lab_pfn(pid, at)), SWAP_SUCCESS);
	lab_reclaim(4, 200);
	assert_int_equal(OP(READ, child, at), 77);
	pfn = lab_pfn(child, at);
	lab_mapped_by(pfn, 1);
	assert_int_equal(OP(READ, pid, at), 77);
	assert_int_equal(lab_pfn(pid, at), pfn);
	lab_mapped_by(pfn, 2);
	all_agree();
}

/* -- asking -------------------------------------------------------------------------------- */

static u32 references(u32 pfn)
{
	struct mapping_view found[MOST];
	u32 i, n = inspect_mappers(m, pfn, found, MOST), sum;

	sum = PageReferenced(&m->vm->mem_map[pfn]);
	for (i = 0; i < n; i++)
		sum += pte_young(found[i].raw) != 0;
	return sum;
}

static void asking_counts_and_clears_every_reference(void)
{
	u32 at, pid = lab_process(1, &at), a, b, pfn;

	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	a = fork_of(pid);
	b = fork_of(pid);
	if (cannot_be_asked(pfn))
		return;
	OP(REFERENCED, 0, pfn);
	assert_int_equal(references(pfn), 0);
	assert_int_equal(OP(REFERENCED, 0, pfn), 0);

	OP(READ, a, at);
	OP(READ, b, at);
	assert_int_equal(references(pfn), 2);
	assert_int_equal(OP(REFERENCED, 0, pfn), 2);
	assert_int_equal(references(pfn), 0);
	lab_mapped_by(pfn, 3);
	all_agree();
}

static void the_flag_of_the_page_counts_too(void)
{
	u32 pid = (u32)OP(TASK, 0), at, pfn;
	s64 file = OP(FILE, 0, PAGE_SIZE);

	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, (u64)file);
	OP(READ, pid, at);
	pfn = lab_pfn(pid, at);
	if (cannot_be_asked(pfn))
		return;
	OP(REFERENCED, 0, pfn);
	OP(FILE_READ, 0, (u64)file, 0); /* mark_page_accessed */
	assert_true(PageReferenced(&m->vm->mem_map[pfn]));
	assert_int_equal(OP(REFERENCED, 0, pfn), 1);
	assert_false(PageReferenced(&m->vm->mem_map[pfn]));
}

/* -- unmapping ----------------------------------------------------------------------------- */

static void unmapping_leaves_no_pte_and_loses_nothing(void)
{
	u32 at, pid = lab_process(1, &at), child, pfn;
	struct pte_view one, two;

	OP(WRITE, pid, at, 4711);
	pfn = lab_pfn(pid, at);
	child = fork_of(pid);
	if (cannot_be_asked(pfn))
		return;
	assert_int_equal(unmap(pfn), SWAP_SUCCESS);
	lab_mapped_by(pfn, 0);
	assert_true(inspect_pte(m, pid, at, &one) && one.swap && !one.present);
	assert_true(inspect_pte(m, child, at, &two));
	assert_int_equal(one.raw, two.raw);
	all_agree();
	assert_int_equal(OP(READ, pid, at), 4711);
	assert_int_equal(OP(READ, child, at), 4711);
	all_agree();
}

static void an_unmapped_file_page_keeps_what_was_written(void)
{
	u32 pid = (u32)OP(TASK, 0), at, pfn;
	s64 file = OP(FILE, 0, PAGE_SIZE);
	struct pte_view pte;

	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, RW, MAP_SHARED, (u64)file);
	OP(WRITE, pid, at, 5);
	pfn = lab_pfn(pid, at);
	if (cannot_be_asked(pfn))
		return;
	assert_int_equal(unmap(pfn), SWAP_SUCCESS);
	lab_mapped_by(pfn, 0);
	assert_true(inspect_pte(m, pid, at, &pte));
	assert_int_equal(pte.raw, 0);
	assert_true(PageDirty(&m->vm->mem_map[pfn])); /* the pte's dirty bit was the last to know */
	all_agree();
	assert_int_equal(OP(FILE_READ, 0, (u64)file, 0), 5);
}

static void locked_memory_stays(void)
{
	u32 pid = (u32)OP(TASK, 0), at;

	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, RW, MAP_PRIVATE | MAP_LOCKED);
	OP(WRITE, pid, at, 1);
	if (cannot_be_asked(lab_pfn(pid, at)))
		return;
	assert_int_equal(unmap(lab_pfn(pid, at)), SWAP_FAIL);
	lab_mapped_by(lab_pfn(pid, at), 1);
	all_agree();
}

/* -- looking ------------------------------------------------------------------------------- */

static void looking_changes_nothing(void)
{
	u32 at, pid = lab_process(3, &at), pfn;
	u64 before;

	OP(TOUCH, pid, at, 3 * PAGE_SIZE, 1);
	fork_of(pid);
	before = dump_hash(m);
	for (pfn = 0; pfn < m->nr_frames; pfn++) {
		struct mapping_view one[1];

		inspect_rmap(m, pfn, one, 1);
		inspect_mappers(m, pfn, one, 1);
	}
	assert_true(dump_hash(m) == before);
}

static void a_row_describes_itself(void **state)
{
	u32 i;

	assert_non_null(rmap_generations[0]);
	for (i = 0; rmap_generations[i]; i++) {
		const struct rmap_ops *ops = rmap_generations[i];

		assert_true(ops->name && ops->idea);
		assert_non_null(strstr(ops->file, "engine/rmap/"));
		assert_non_null(kernel_of(ops));
		assert_true(ops->page_add_anon_rmap && ops->page_remove_rmap &&
			    ops->page_referenced && ops->try_to_unmap && ops->page_mapped &&
			    ops->walk && ops->mapcount && ops->check && ops->check_all);
	}
}

#define TEST(name) static void test_##name(void **state) { for_each_generation(name); }
TEST(a_first_write_maps)
TEST(the_zero_page_is_in_no_rmap)
TEST(fork_adds_and_exit_removes)
TEST(a_broken_cow_moves_one_mapping)
TEST(a_file_page_has_all_kinds_of_mappings)
TEST(a_page_comes_back_from_swap_with_each_who_wants_it)
TEST(asking_counts_and_clears_every_reference)
TEST(the_flag_of_the_page_counts_too)
TEST(unmapping_leaves_no_pte_and_loses_nothing)
TEST(an_unmapped_file_page_keeps_what_was_written)
TEST(locked_memory_stays)
TEST(looking_changes_nothing)

#define T(name) cmocka_unit_test_teardown(test_##name, lab_destroy)
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_describes_itself),
		T(a_first_write_maps),
		T(the_zero_page_is_in_no_rmap),
		T(fork_adds_and_exit_removes),
		T(a_broken_cow_moves_one_mapping),
		T(a_file_page_has_all_kinds_of_mappings),
		T(a_page_comes_back_from_swap_with_each_who_wants_it),
		T(asking_counts_and_clears_every_reference),
		T(the_flag_of_the_page_counts_too),
		T(unmapping_leaves_no_pte_and_loses_nothing),
		T(an_unmapped_file_page_keeps_what_was_written),
		T(locked_memory_stays),
		T(looking_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
