/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the map lock cost (seed 001: "roughly 10% cut off lmbench fork numbers"). A page that fork
 * copies and exit drops:
 *
 *	                         page_map_lock, 2.6.8          seed 001
 *	fork   get_page          1                             1
 *	       page_dup_rmap     2 (lock, unlock)              1 (atomic_inc)
 *	exit   page_remove_rmap  2                             1 (atomic_add_negative)
 *	       put_page          1                             1
 *	                         6                             4
 *
 * and two on its ptes in both: write-protecting the parent's, clearing the child's. With one cpu
 * there are no LOCK prefixes, and nothing to save.
 */
#include "lab.h"

#define RW (PROT_READ | PROT_WRITE)
#define AT 0x50000000u /* the same place in every kernel */
#define FEW 100
#define MANY 500 /* one page table, and less than an mmu_gather holds */

struct price {
	double ops, pte_ops, ns;
};

/* fork + exit of a process with so many pages of its own, all of them dirty since long. */
static struct price fork_and_exit(const char *kernel, u32 cpus, u32 pages)
{
	struct price cost = { 0 };
	u32 pid, round;

	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name(kernel), .ram = 8192 << PAGE_SHIFT, .cpus = cpus,
		.page_cluster = -1, .seed = 1,
	});
	pid = (u32)OP(TASK, 0);
	OP(MMAP, pid, AT, pages << PAGE_SHIFT, RW, MAP_PRIVATE | MAP_FIXED);
	OP(TOUCH, pid, AT, pages << PAGE_SHIFT, 1);
	for (round = 0; round < 2; round++) { /* the first exit moves the dirty bits */
		const struct counters was = m->counters;
		u64 then = m->now;

		OP(EXIT, (u32)OP(FORK, pid));
		cost.pte_ops = (double)(m->counters.locked_pte_ops - was.locked_pte_ops);
		cost.ops = (double)(m->counters.locked_ops - was.locked_ops) - cost.pte_ops;
		cost.ns = (double)(m->now - then);
	}
	lab_destroy(NULL);
	return cost;
}

/* Per page: what more of them cost, so that the price of a process itself is out of it. */
static struct price per_page(const char *kernel, u32 cpus)
{
	struct price few = fork_and_exit(kernel, cpus, FEW);
	struct price many = fork_and_exit(kernel, cpus, MANY);

	return (struct price){
		.ops = (many.ops - few.ops) / (MANY - FEW),
		.pte_ops = (many.pte_ops - few.pte_ops) / (MANY - FEW),
		.ns = (many.ns - few.ns) / (MANY - FEW),
	};
}

static void print(const char *kernel, u32 cpus, struct price cost)
{
	print_message("# %s, %u cpus: %.2f locked operations a page, %.2f on ptes, %.0f ns\n",
		      kernel, cpus, cost.ops, cost.pte_ops, cost.ns);
}

static void six_under_the_map_lock_four_after(void **state)
{
	struct price before = per_page("2.6.8", 2), after = per_page("2.6.9-rc-mm", 2);

	(void)state;
	print("2.6.8", 2, before);
	print("2.6.9-rc-mm", 2, after);
	assert_true(before.ops == 6);
	assert_true(after.ops == 4);
	assert_true(before.pte_ops == 2);
	assert_true(after.pte_ops == 2);
}

static void anonmm_had_the_same_lock(void **state)
{
	struct price cost = per_page("2.6.7-anonmm", 2);

	(void)state;
	assert_true(cost.ops == 6);
	assert_true(cost.pte_ops == 2);
}

/* The whole of it, as lmbench would see it: 5 to 15 percent, for processes of any size. */
static void fork_and_exit_gain_a_tenth(void **state)
{
	static const u32 sizes[] = { 25, FEW, MANY, 3000 };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		double before = fork_and_exit("2.6.8", 2, sizes[i]).ns;
		double after = fork_and_exit("2.6.9-rc-mm", 2, sizes[i]).ns;
		double gain = 100 * (before - after) / before;

		print_message("# %u pages: %.0f us, %.0f us, %.1f %% less\n", sizes[i],
			      before / 1000, after / 1000, gain);
		assert_true(gain >= 5 && gain <= 15);
	}
}

static void one_cpu_has_nothing_to_gain(void **state)
{
	struct price before = fork_and_exit("2.6.8", 1, MANY);
	struct price after = fork_and_exit("2.6.9-rc-mm", 1, MANY);

	(void)state;
	assert_true(before.ops == 0 && before.pte_ops == 0);
	assert_true(after.ops == 0 && after.pte_ops == 0);
	assert_true(before.ns == after.ns);
}

/* -- the two edges of _mapcount -------------------------------------------------------------- */

static void mapped_counts_both_edges(void **state)
{
	u32 at, pid, child, mapped, pfn;

	(void)state;
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name("2.6.9-rc-mm"), .ram = 256 << PAGE_SHIFT, .cpus = 1,
		.page_cluster = -1, .seed = 1, .events = true,
	});
	pid = lab_process(4, &at);
	mapped = m->vm->nr_mapped;
	OP(TOUCH, pid, at, 4 << PAGE_SHIFT, 1);
	assert_int_equal(m->vm->nr_mapped, mapped + 4);
	pfn = lab_pfn(pid, at);
	assert_int_equal(atomic_read(&m->vm->mem_map[pfn]._mapcount), 0);
	child = (u32)OP(FORK, pid);
	assert_int_equal(m->vm->nr_mapped, mapped + 4);
	assert_int_equal(atomic_read(&m->vm->mem_map[pfn]._mapcount), 1);
	OP(EXIT, pid);
	assert_int_equal(m->vm->nr_mapped, mapped + 4);
	OP(EXIT, child);
	assert_int_equal(m->vm->nr_mapped, mapped);
	assert_int_equal(atomic_read(&m->vm->mem_map[pfn]._mapcount), -1);
}

/* The checker compares the count with a walk of everything. */
static void a_wrong_count_is_found(void **state)
{
	static const char *const rows[] = {
		"2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0"
	};
	struct violation v;
	u32 at, pid, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		lab_boot_config((struct machine_config){
			.kernel = kernel_by_name(rows[i]), .ram = 256 << PAGE_SHIFT, .cpus = 1,
			.page_cluster = -1, .seed = 1, .events = true, .unchecked = true,
		});
		pid = lab_process(1, &at);
		OP(WRITE, pid, at, 1);
		assert_int_equal(check_machine(m, &v, 1), 0);
		m->vm->mem_map[lab_pfn(pid, at)].mapcount++;
		assert_int_equal(check_machine(m, &v, 1), 1);
		assert_string_equal(v.invariant, "rmap-equals-oracle");
		lab_destroy(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, lab_destroy)
		T(six_under_the_map_lock_four_after),
		T(anonmm_had_the_same_lock),
		T(fork_and_exit_gain_a_tenth),
		T(one_cpu_has_nothing_to_gain),
		T(mapped_counts_both_edges),
		T(a_wrong_count_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
