/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is particular to the packed chains of 2.6.0 (2.6.0 mm/rmap.c): the shape of a chain after
 * each mapping that comes and goes, how many nodes that takes, and when a chain becomes a single
 * pointer again. The processor's line has 32 bytes: seven ptes and a word. Shapes are worked out by
 * hand from the rules: one free end, the head's, filled from the right to the left; whoever goes is
 * replaced by the lowest of the head.
 */
#include "lab.h"

#include <string.h>

#include "mm/swap.h"
#include "rmap/rmap.h"

#define RW (PROT_READ | PROT_WRITE)
#define SLOTS 7u
#define MOST 32

static void boot(u32 cpus)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name("2.6.0"), .ram = 512 << PAGE_SHIFT,
		.swap = 256 << PAGE_SHIFT, .cpus = cpus, .page_cluster = -1, .seed = 1,
		.events = true, .truth = true,
	});
}

static struct page *page_at(u32 pid, u32 address)
{
	return &m->vm->mem_map[lab_pfn(pid, address)];
}

static const u32 *node_at(kaddr_t at)
{
	return (const u32 *)((char *)machine_ram(m, 0) + (at - PAGE_OFFSET));
}

/* Nodes in use, those apart that a cpu keeps at hand. */
static u32 nodes(void)
{
	u32 cpu, kept = 0;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		kept += m->vm->local_pte_chain[cpu] != 0;
	return kmem_cache_in_use(m->vm->pte_chain_cachep) - kept;
}

/* The pte that maps address in process pid, as a slot names it. */
static kaddr_t slot_of(u32 pid, u32 address)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, pid, address, &pte));
	return PAGE_OFFSET + (pte.table_pfn << PAGE_SHIFT) + 4 * (address >> PAGE_SHIFT & 1023);
}

/* A page of the first of them that all n processes map; the others are its children, in order. */
static struct page *shared_by(u32 n, u32 *pid, u32 *at)
{
	u32 i;

	*pid = lab_process(1, at);
	OP(WRITE, *pid, *at, 1);
	for (i = 1; i < n; i++)
		assert_int_equal(OP(FORK, *pid), *pid + i);
	return page_at(*pid, *at);
}

/*
 * The chain of a page, node by node: want lists the processes by the order in which they were made,
 * first node first, slot 0 first; -1 is a free slot.
 */
static void assert_chain(const struct page *page, u32 first, u32 address, const int *want, u32 n)
{
	kaddr_t at = page->pte.chain;
	u32 i, node;

	assert_false(PageDirect(page));
	for (node = 0; node < n; node++) {
		const u32 *words = node_at(at);
		u32 idx = 0;

		for (i = 0; i < SLOTS; i++) {
			int who = want[node * SLOTS + i];

			assert_int_equal(words[1 + i],
					 who < 0 ? 0 : slot_of(first + (u32)who, address));
			idx += who < 0;
		}
		assert_int_equal(words[0] & 7, idx);
		assert_int_equal(at % 32, 0);
		at = words[0] & ~7u;
	}
	assert_int_equal(at, 0);
}

#define CHAIN(page, first, address, ...) do { \
	const int want_[] = { __VA_ARGS__ }; \
	assert_chain(page, first, address, want_, ARRAY_SIZE(want_) / SLOTS); \
} while (0)
#define _ (-1)

/* -- shapes ---------------------------------------------------------------------------------- */

static void mapped_once_needs_no_node(void **state)
{
	struct mapping_view found[2];
	struct page *page;
	u32 pid, at;

	boot(1);
	page = shared_by(1, &pid, &at);
	assert_true(PageDirect(page));
	assert_int_equal(page->pte.direct, slot_of(pid, at));
	assert_int_equal(nodes(), 0);
	assert_int_equal(inspect_rmap(m, lab_pfn(pid, at), found, 2), 1);
	assert_int_equal(found[0].pid, pid);
	assert_int_equal(found[0].node, 0);
}

static void the_second_mapping_makes_a_node(void **state)
{
	struct page *page;
	u32 pid, at;

	boot(1);
	page = shared_by(2, &pid, &at);
	CHAIN(page, pid, at, _, _, _, _, _, 1, 0);
	assert_int_equal(nodes(), 1);
	assert_int_equal(lab_count(EV_CHAIN_NEW), 1);
}

static void a_node_fills_from_the_right(void **state)
{
	struct page *page;
	u32 pid, at;

	boot(1);
	page = shared_by(7, &pid, &at);
	CHAIN(page, pid, at, 6, 5, 4, 3, 2, 1, 0);
	OP(FORK, pid);
	CHAIN(page, pid, at, _, _, _, _, _, _, 7, 6, 5, 4, 3, 2, 1, 0);
	OP(FORK, pid);
	CHAIN(page, pid, at, _, _, _, _, _, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	assert_int_equal(nodes(), 2);
}

/* 1: 0, 2 to 7: 1, 8 to 14: 2, 15 to 21: 3. The youngest is always visited first. */
static void nodes_for_each_number_of_mappings(void **state)
{
	static const u8 want[] = { 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3 };
	struct mapping_view found[MOST];
	u32 pid, at, i, k;

	boot(1);
	shared_by(1, &pid, &at);
	for (k = 1; k <= ARRAY_SIZE(want); k++) {
		assert_int_equal(nodes(), want[k - 1]);
		assert_int_equal(inspect_rmap(m, lab_pfn(pid, at), found, MOST), k);
		for (i = 0; i < k; i++)
			assert_int_equal(found[i].pid, pid + k - 1 - i);
		if (k < ARRAY_SIZE(want))
			OP(FORK, pid);
	}
	/* The youngest first: the same way back. */
	for (k = (u32)ARRAY_SIZE(want); k > 2; k--) {
		OP(EXIT, pid + k - 1);
		assert_int_equal(nodes(), want[k - 2]);
	}
}

static void whoever_goes_is_replaced_by_the_heads_lowest(void **state)
{
	struct page *page;
	u32 pid, at;

	boot(1);
	page = shared_by(9, &pid, &at);
	OP(EXIT, pid); /* the oldest, at the end of the last node */
	CHAIN(page, pid, at, _, _, _, _, _, _, 7, 6, 5, 4, 3, 2, 1, 8);
	OP(EXIT, pid + 4); /* and with that the head is empty */
	CHAIN(page, pid, at, 6, 5, 7, 3, 2, 1, 8);
	assert_int_equal(nodes(), 1);
	OP(EXIT, pid + 6);
	CHAIN(page, pid, at, _, 5, 7, 3, 2, 1, 8);
	OP(EXIT, pid + 1);
	CHAIN(page, pid, at, _, _, 7, 3, 2, 5, 8);
}

/* What a removal costs: a node of the walk is a cache line, wherever the slot is in it. */
static void a_removal_walks_nodes_not_slots(void **state)
{
	u32 pid, at, pfn;
	struct page *page;

	boot(1);
	page = shared_by(15, &pid, &at);
	pfn = (u32)(page - m->vm->mem_map);
	lab_forget();
	OP(EXIT, pid + 14);
	assert_int_equal(lab_event(EV_RMAP_REMOVE, pfn, 0)->a[3], 1);
	OP(EXIT, pid);
	assert_int_equal(lab_event(EV_RMAP_REMOVE, pfn, 1)->a[3], 2);
}

/* -- back to a pointer ------------------------------------------------------------------------- */

static void a_chain_of_one_waits_for_page_referenced(void **state)
{
	struct page *page;
	u32 pid, at;

	boot(1);
	page = shared_by(2, &pid, &at);
	OP(EXIT, pid);
	CHAIN(page, pid, at, _, _, _, _, _, _, 1);
	assert_int_equal(nodes(), 1);
	OP(REFERENCED, 0, page - m->vm->mem_map);
	assert_true(PageDirect(page));
	assert_int_equal(page->pte.direct, slot_of(pid + 1, at));
	assert_int_equal(nodes(), 0);
	assert_int_equal(lab_count(EV_CHAIN_COLLAPSE), 1);
}

static void a_chain_of_two_stays_one(void **state)
{
	struct page *page;
	u32 pid, at;

	boot(1);
	page = shared_by(2, &pid, &at);
	OP(REFERENCED, 0, page - m->vm->mem_map);
	CHAIN(page, pid, at, _, _, _, _, _, 1, 0);
}

/* -- nodes ------------------------------------------------------------------------------------- */

/*
 * 40 pages in 15 processes: three nodes a page, 120 nodes of 32 bytes. A slab page holds 113:
 * 24 bytes of header, 4 bytes each of its index, 32 bytes each.
 */
static void bytes_per_mapping(void **state)
{
	struct slab_stats s;
	u32 pid, at, i;

	boot(1);
	pid = lab_process(40, &at);
	OP(TOUCH, pid, at, 40 * PAGE_SIZE, 1);
	for (i = 1; i < 15; i++)
		OP(FORK, pid);
	assert_int_equal(nodes(), 120);
	for (i = 0; slab_stats(m, i, &s) && strcmp(s.name, "pte_chain"); i++)
		;
	assert_string_equal(s.name, "pte_chain");
	assert_int_equal(s.i386_size, 32);
	assert_int_equal(s.per_slab, 113);
	assert_int_equal(s.slabs, 2);
	for (i = 0; i < 15; i++)
		OP(EXIT, pid + i);
	assert_int_equal(nodes(), 0);
}

static void a_cpu_keeps_one_node_at_hand(void **state)
{
	kaddr_t kept;
	struct page *page;
	u32 pid, at;

	boot(1);
	page = shared_by(8, &pid, &at);
	kept = page->pte.chain;
	OP(EXIT, pid + 7); /* the head is empty and freed */
	assert_int_equal(m->vm->local_pte_chain[0], kept);
	OP(FORK, pid);
	assert_int_equal(page->pte.chain, kept);
}

static void a_node_lies_in_a_slab_page(void **state)
{
	struct mapping_view found[2];
	struct page_view view;
	u32 pid, at;

	boot(1);
	shared_by(2, &pid, &at);
	assert_int_equal(inspect_rmap(m, lab_pfn(pid, at), found, 2), 2);
	assert_int_equal(found[0].node, found[1].node);
	assert_true(inspect_page(m, (found[0].node - PAGE_OFFSET) >> PAGE_SHIFT, &view));
	assert_int_equal(view.use, FRAME_SLAB);
}

static void nr_mapped_counts_pages_not_mappings(void **state)
{
	u32 pid, at;

	boot(1);
	pid = lab_process(3, &at);
	assert_int_equal(m->vm->nr_mapped, 0);
	OP(READ, pid, at); /* the zero page counts for nobody */
	assert_int_equal(m->vm->nr_mapped, 0);
	OP(TOUCH, pid, at, 3 * PAGE_SIZE, 1);
	assert_int_equal(m->vm->nr_mapped, 3);
	OP(FORK, pid);
	assert_int_equal(m->vm->nr_mapped, 3);
	OP(EXIT, pid);
	assert_int_equal(m->vm->nr_mapped, 3);
	OP(UNMAP, 0, lab_pfn(pid + 1, at));
	assert_int_equal(m->vm->nr_mapped, 2);
	OP(EXIT, pid + 1);
	assert_int_equal(m->vm->nr_mapped, 0);
}

/* -- when a mapping resists ------------------------------------------------------------------ */

/* A page of a file mapped by n processes, with locked memory where the mask says so. */
static struct page *mapped_by(u32 n, u32 locked, u32 *first, u32 *at)
{
	s64 file = OP(FILE, 0, PAGE_SIZE);
	u32 i, pid;

	for (i = 0; i < n; i++) {
		pid = (u32)OP(TASK, 0);
		*first = i ? *first : pid;
		*at = (u32)OP(MMAP, pid, 0x50000000, PAGE_SIZE, RW,
			      MAP_SHARED | MAP_FIXED | (locked >> i & 1 ? MAP_LOCKED : 0),
			      (u64)file);
		OP(READ, pid, *at);
	}
	return page_at(*first, *at);
}

/* Slots are tried from the head's lowest on: 8, 7, 6, ... The locked one ends it. */
static void fail_stops_and_the_chain_is_compact(void **state)
{
	struct page *page;
	u32 pid, at;

	boot(1);
	page = mapped_by(9, 1u << 5, &pid, &at);
	CHAIN(page, pid, at, _, _, _, _, _, 8, 7, 6, 5, 4, 3, 2, 1, 0);
	assert_int_equal(OP(UNMAP, 0, page - m->vm->mem_map), SWAP_FAIL);
	CHAIN(page, pid, at, _, 5, 4, 3, 2, 1, 0);
	assert_int_equal(nodes(), 1);
	assert_int_equal(m->vm->nr_mapped, 1);
}

struct unmap {
	struct page *page;
	struct mm_struct *busy[3];
	u32 nr;
	int ret;
};

/* The three are somebody else's page_table_locks: a word says so that nobody here has taken. */
static void unmap_while_busy(void *arg)
{
	struct unmap *u = arg;
	u32 i;

	lock_page(u->page);
	for (i = 0; i < u->nr; i++)
		u->busy[i]->page_table_lock.owner = 1000;
	pte_chain_lock(u->page);
	u->ret = try_to_unmap(u->page);
	pte_chain_unlock(u->page);
	for (i = 0; i < u->nr; i++)
		u->busy[i]->page_table_lock.owner = 0;
	unlock_page(u->page);
}

/* 7 and 4 and 1 cannot be had: the others go, and the three end up at the right of one node. */
static void again_skips_and_the_chain_is_compact(void **state)
{
	static const u8 busy[] = { 7, 4, 1 };
	struct unmap u = { .nr = ARRAY_SIZE(busy) };
	struct mapping_view found[MOST];
	u32 pid, at, i;

	boot(2);
	u.page = mapped_by(9, 0, &pid, &at);
	for (i = 0; i < u.nr; i++)
		u.busy[i] = thread_by_pid(m, pid + busy[i])->mm;
	lab_run(unmap_while_busy, &u);
	assert_int_equal(u.ret, SWAP_AGAIN);
	assert_int_equal(inspect_rmap(m, (u32)(u.page - m->vm->mem_map), found, MOST), 3);
	assert_int_equal(nodes(), 1);
	/*
	 *	head  . . . . . 8 7 | 6 5 4 3 2 1 0
	 *	8 goes; 7 stays; 6 goes, 7 takes its slot and the head is freed; 5 goes, and 7,
	 *	now the lowest, takes that; 4 stays; 3 goes, filled by 7; 2 goes, by 4; 1 stays;
	 *	0 goes, by 7 of slot 3, which slot by slot leaves  . . . . 4 1 7
	 */
	CHAIN(u.page, pid, at, _, _, _, _, 4, 1, 7);
	assert_int_equal(OP(UNMAP, 0, u.page - m->vm->mem_map), SWAP_SUCCESS);
	assert_int_equal(nodes(), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mapped_once_needs_no_node),
		TEST(the_second_mapping_makes_a_node),
		TEST(a_node_fills_from_the_right),
		TEST(nodes_for_each_number_of_mappings),
		TEST(whoever_goes_is_replaced_by_the_heads_lowest),
		TEST(a_removal_walks_nodes_not_slots),
		TEST(a_chain_of_one_waits_for_page_referenced),
		TEST(a_chain_of_two_stays_one),
		TEST(bytes_per_mapping),
		TEST(a_cpu_keeps_one_node_at_hand),
		TEST(a_node_lies_in_a_slab_page),
		TEST(nr_mapped_counts_pages_not_mappings),
		TEST(fail_stops_and_the_chain_is_compact),
		TEST(again_skips_and_the_chain_is_compact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
