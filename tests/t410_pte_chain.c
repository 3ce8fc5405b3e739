/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is particular to the chains of 2.5.27 (seed 000, mm/rmap.c): where nodes come from and go
 * to, the order of a chain, and what try_to_unmap does with a chain when one mapping resists.
 */
#include "lab.h"

#include <string.h>

#include "mm/swap.h"
#include "rmap/rmap.h"

#define RW (PROT_READ | PROT_WRITE)
#define NODES (PAGE_SIZE / 8)
#define MOST 16

static void boot(u32 cpus)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name("2.5.27"), .ram = 256 << PAGE_SHIFT,
		.swap = 256 << PAGE_SHIFT, .cpus = cpus, .page_cluster = -1, .seed = 1,
		.events = true, .truth = true,
	});
}

struct nodes {
	u32 free, total, pages;
};

static struct nodes nodes(void)
{
	struct nodes n;

	inspect_chains(m, &n.free, &n.total, &n.pages);
	return n;
}

static struct page *page_at(u32 pid, u32 address)
{
	return &m->vm->mem_map[lab_pfn(pid, address)];
}

/* -- where nodes come from ----------------------------------------------------------------- */

static void a_page_becomes_512_nodes(void **state)
{
	u32 at, pid;

	boot(1);
	pid = lab_process(2, &at);
	assert_int_equal(nodes().total, 0);
	OP(WRITE, pid, at, 1);
	assert_int_equal(nodes().total, NODES);
	assert_int_equal(NODES, 512);
	assert_int_equal(nodes().free, NODES - 1);
	assert_int_equal(nodes().pages, 1);
	assert_int_equal(lab_count(EV_CHAIN_REFILL), 1);

	OP(WRITE, pid, at + PAGE_SIZE, 1);
	assert_int_equal(nodes().free, NODES - 2);
	assert_int_equal(nodes().pages, 1);
}

static void nodes_lie_in_a_frame_of_the_machine(void **state)
{
	u32 at, pid, pfn;
	struct page_view page;
	char letter;

	boot(1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	pfn = (page_at(pid, at)->pte_chain - PAGE_OFFSET) >> PAGE_SHIFT;
	assert_true(inspect_page(m, pfn, &page));
	assert_int_equal(page.use, FRAME_CHAIN);
	assert_int_equal(page.count, 1);
	inspect_frames(m, pfn, &letter, 1);
	assert_int_equal(letter, frame_use_rows[FRAME_CHAIN].letter);
}

/* 600 mappings need two pages; both stay when every process is gone. */
static void pages_never_come_back(void **state)
{
	u32 at, pid, i;

	boot(1);
	pid = lab_process(60, &at);
	OP(TOUCH, pid, at, 60 * PAGE_SIZE, 1);
	for (i = 0; i < 9; i++)
		OP(FORK, pid);
	assert_int_equal(nodes().total, 2 * NODES);
	assert_int_equal(nodes().free, 2 * NODES - 600);
	for (i = 0; i < 10; i++)
		OP(EXIT, pid + i);
	assert_int_equal(nodes().total, 2 * NODES);
	assert_int_equal(nodes().free, 2 * NODES);
	OP(RECLAIM, 0, 200);
	assert_int_equal(nodes().pages, 2);
}

/* The node that was freed last is handed out next. */
static void the_freelist_is_last_in_first_out(void **state)
{
	kaddr_t first, second;
	u32 at, pid;

	boot(1);
	pid = lab_process(3, &at);
	OP(WRITE, pid, at, 1);
	OP(WRITE, pid, at + PAGE_SIZE, 1);
	first = page_at(pid, at)->pte_chain;
	second = page_at(pid, at + PAGE_SIZE)->pte_chain;
	assert_int_equal(second, first - 8); /* pushed from the start of the page to its end */
	OP(MUNMAP, pid, at, PAGE_SIZE);
	assert_int_equal(m->vm->pte_chain_freelist.head, first);
	OP(WRITE, pid, at + 2 * PAGE_SIZE, 1);
	assert_int_equal(page_at(pid, at + 2 * PAGE_SIZE)->pte_chain, first);
}

/* -- the order of a chain ------------------------------------------------------------------ */

static void a_new_mapping_goes_to_the_front(void **state)
{
	struct mapping_view found[MOST];
	u32 at, pid, i;

	boot(1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	for (i = 0; i < 5; i++)
		OP(FORK, pid);
	assert_int_equal(inspect_rmap(m, lab_pfn(pid, at), found, MOST), 6);
	for (i = 0; i < 6; i++)
		assert_int_equal(found[i].pid, pid + 5 - i);
	assert_int_equal(found[0].node, page_at(pid, at)->pte_chain);
}

/* Removing costs a walk to the node: one step for the youngest, all of them for the oldest. */
static void removing_walks_from_the_front(void **state)
{
	u32 at, pid, pfn, i;

	boot(1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	for (i = 0; i < 4; i++)
		OP(FORK, pid);
	lab_forget();
	OP(EXIT, pid + 4);
	assert_int_equal(lab_event(EV_RMAP_REMOVE, pfn, 0)->a[3], 1);
	OP(EXIT, pid);
	assert_int_equal(lab_event(EV_RMAP_REMOVE, pfn, 1)->a[3], 4);
	OP(EXIT, pid + 2);
	assert_int_equal(lab_event(EV_RMAP_REMOVE, pfn, 2)->a[3], 2);
	assert_int_equal(inspect_rmap(m, pfn, NULL, 0), 2);
}

struct pair {
	struct page *page;
	pte_t *ptep;
	u32 pid, at;
};

static void remove_twice(void *arg)
{
	struct pair *p = arg;
	pte_t *other = pte_offset(thread_by_pid(m, p->pid)->mm, p->at + PAGE_SIZE);
	u32 free = VM->pte_chain_freelist.free;

	page_remove_rmap(p->page, other); /* was never there: nobody minds */
	require(VM->pte_chain_freelist.free == free);
	page_remove_rmap(p->page, p->ptep);
	require(VM->pte_chain_freelist.free == free + 1);
	page_remove_rmap(p->page, p->ptep);
	require(VM->pte_chain_freelist.free == free + 1);
	page_add_rmap(p->page, p->ptep);
	require(VM->pte_chain_freelist.free == free);
}

static void removing_what_is_not_there_is_silent(void **state)
{
	struct mapping found[1];
	struct pair p;

	boot(1);
	p.pid = lab_process(1, &p.at);
	OP(WRITE, p.pid, p.at, 1);
	assert_int_equal(oracle_mappers(m, lab_pfn(p.pid, p.at), found, 1), 1);
	p.page = page_at(p.pid, p.at);
	p.ptep = found[0].ptep;
	lab_run(remove_twice, &p);
}

/* -- when a mapping resists ---------------------------------------------------------------- */

/* A file page mapped by two; the first is locked in memory. Later mappings are in front. */
static u32 two_mappers(bool first_locked, bool second_locked, u32 *pids, u32 *at)
{
	s64 file = OP(FILE, 0, PAGE_SIZE);
	bool locked[2] = { first_locked, second_locked };
	u32 i;

	for (i = 0; i < 2; i++) {
		pids[i] = (u32)OP(TASK, 0);
		at[i] = (u32)OP(MMAP, pids[i], 0, PAGE_SIZE, RW,
				MAP_SHARED | (locked[i] ? MAP_LOCKED : 0), (u64)file);
		OP(READ, pids[i], at[i]);
	}
	return lab_pfn(pids[0], at[0]);
}

static void fail_stops_at_once(void **state)
{
	struct mapping_view found[2];
	u32 pids[2], at[2], pfn;

	boot(1);
	pfn = two_mappers(false, true, pids, at); /* the locked one is in front */
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_FAIL);
	assert_int_equal(inspect_rmap(m, pfn, found, 2), 2);
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 0);
	assert_int_equal(lab_count_of(EV_UNMAP_FAIL, pfn), 1);
	assert_int_equal(lab_event(EV_UNMAP_FAIL, pfn, 0)->a[1], pids[1]);
}

static void what_went_before_the_fail_is_gone(void **state)
{
	struct mapping_view found[2];
	u32 pids[2], at[2], pfn;

	boot(1);
	pfn = two_mappers(true, false, pids, at);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_FAIL);
	assert_int_equal(inspect_rmap(m, pfn, found, 2), 1);
	assert_int_equal(found[0].pid, pids[0]);
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 1);
}

struct unmap {
	struct page *page;
	struct mm_struct *busy; /* whose page_table_lock somebody holds */
	int ret;
};

static void unmap_while_busy(void *arg)
{
	struct unmap *u = arg;

	spin_lock(&u->busy->page_table_lock);
	require(trylock_page(u->page));
	spin_lock(&VM->pagemap_lru_lock);
	pte_chain_lock(u->page);
	u->ret = try_to_unmap(u->page);
	pte_chain_unlock(u->page);
	spin_unlock(&VM->pagemap_lru_lock);
	unlock_page(u->page);
	spin_unlock(&u->busy->page_table_lock);
}

/* Three mappers, the n-th of the chain cannot be had: it stays, the others go. */
static void again_keeps_the_node(u32 n)
{
	struct mapping_view before[3], after[3];
	u32 at, pid, pfn, i;
	struct unmap u;

	boot(2);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	for (i = 0; i < 2; i++)
		OP(FORK, pid);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS); /* now it has a slot */
	for (i = 0; i < 3; i++)
		OP(READ, pid + i, at);
	assert_int_equal(inspect_rmap(m, pfn, before, 3), 3);

	u = (struct unmap){ page_at(pid, at), thread_by_pid(m, before[n].pid)->mm, -1 };
	lab_forget();
	lab_run(unmap_while_busy, &u);
	assert_int_equal(u.ret, SWAP_AGAIN);
	assert_int_equal(inspect_rmap(m, pfn, after, 3), 1);
	assert_int_equal(after[0].pid, before[n].pid);
	assert_int_equal(after[0].node, before[n].node);
	assert_int_equal(m->counters.rmap_trylock_failed, 1);
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 2);
	assert_int_equal(check_machine(m, NULL, 0), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(OP(READ, pid + i, at), 1);
}

static void again_keeps_the_first_node(void **state)
{
	again_keeps_the_node(0);
}

static void again_keeps_a_node_in_the_middle(void **state)
{
	again_keeps_the_node(1);
}

static void again_keeps_the_last_node(void **state)
{
	again_keeps_the_node(2);
}

/* With one cpu there is no lock that somebody else could hold. */
static void one_cpu_never_has_to_try_again(void **state)
{
	u32 at, pid;
	struct unmap u;

	boot(1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	OP(UNMAP, 0, lab_pfn(pid, at));
	OP(READ, pid, at);
	u = (struct unmap){ page_at(pid, at), thread_by_pid(m, pid)->mm, -1 };
	lab_run(unmap_while_busy, &u);
	assert_int_equal(u.ret, SWAP_SUCCESS);
}

/* -- the order of steps of try_to_unmap_one ------------------------------------------------ */

static void the_steps_of_unmapping_one(void **state)
{
	static const u8 order[] = {
		EV_TRYLOCK, EV_PTE_CLEAR, EV_TLB_FLUSH, EV_SLOT_DUP, EV_PTE_SET, EV_PAGE_DIRTY,
		EV_UNMAP_ONE,
	};
	u32 at, pid, pfn, i, before = 0;

	boot(2);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	OP(UNMAP, 0, pfn);
	OP(SYNC, 0);
	OP(RECLAIM, 0, 100);
	OP(READ, pid, at);
	OP(WRITE, pid, at, 2); /* dirty pte, clean page */
	pfn = lab_pfn(pid, at);
	assert_non_null(page_at(pid, at)->mapping);
	assert_false(PageDirty(page_at(pid, at)));
	lab_forget();
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		u32 n = (u32)lab_first(order[i])->number;

		assert_true(n > before);
		before = n;
	}
}

/* -- no page to be had --------------------------------------------------------------------- */

static void add_without_memory(void *arg)
{
	struct pair *p = arg;

	while (alloc_page(GFP_ATOMIC))
		;
	VM->pte_chain_freelist.head = 0;
	page_add_rmap(p->page, p->ptep);
	require(!"a mapping was added without a node");
}

static void no_page_is_a_panic(void **state)
{
	struct mapping found[1];
	struct pair p;
	char text[2000];

	boot(1);
	p.pid = lab_process(1, &p.at);
	OP(WRITE, p.pid, p.at, 1);
	p.page = page_at(p.pid, p.at);
	oracle_mappers(m, lab_pfn(p.pid, p.at), found, 1);
	p.ptep = pte_step(found[0].ptep, entry_bytes(m));
	*(u32 *)p.ptep = *(u32 *)found[0].ptep;
	assert_true(thread_start(m->boot, add_without_memory, &p));
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_PANIC);
	assert_true(machine_report(m, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "Fix pte_chain allocation, you lazy bastard!"));
}

#define T(name) cmocka_unit_test_teardown(name, lab_destroy)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_page_becomes_512_nodes),
		T(nodes_lie_in_a_frame_of_the_machine),
		T(pages_never_come_back),
		T(the_freelist_is_last_in_first_out),
		T(a_new_mapping_goes_to_the_front),
		T(removing_walks_from_the_front),
		T(removing_what_is_not_there_is_silent),
		T(fail_stops_at_once),
		T(what_went_before_the_fail_is_gone),
		T(again_keeps_the_first_node),
		T(again_keeps_a_node_in_the_middle),
		T(again_keeps_the_last_node),
		T(one_cpu_never_has_to_try_again),
		T(the_steps_of_unmapping_one),
		T(no_page_is_a_panic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
