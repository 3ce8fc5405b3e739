/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is particular to seed 002: pages of files have a count, and are found by visiting the vmas
 * of their file; what a lock that cannot be had says; and page_convert_anon, which gives such a
 * page the chain that anonymous pages have.
 */
#include "lab.h"

#include <errno.h>

#include "mm/swap.h"
#include "rmap/pte_chains.h"
#include "rmap/rmap.h"

#define RW (PROT_READ | PROT_WRITE)
#define S 0x50000000u
#define LEN(n) ((u64)(n) << PAGE_SHIFT)
#define MOST 16

static u32 file;

static void boot_with(u32 cpus, u32 errata, u32 swap)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name("2.6.5-objrmap"), .ram = 512 << PAGE_SHIFT,
		.swap = (u64)swap << PAGE_SHIFT, .cpus = cpus, .page_cluster = -1, .seed = 1,
		.events = true, .truth = true, .errata = errata,
	});
	file = (u32)OP(FILE, 0, LEN(16));
}

static void boot(u32 cpus)
{
	boot_with(cpus, 0, 256);
}

/* A process that maps pages of the file from pgoff on at S, and has read the first of them. */
static u32 mapper(u32 pages, u32 pgoff, u32 flags)
{
	u32 pid = (u32)OP(TASK, 0);

	OP(MMAP, pid, S, LEN(pages), RW, MAP_FIXED | flags, file, LEN(pgoff));
	OP(READ, pid, S);
	return pid;
}

static struct page *page_at(u32 pid, u32 address)
{
	return &m->vm->mem_map[lab_pfn(pid, address)];
}

static u32 pfn_of(const struct page *page)
{
	return (u32)(page - m->vm->mem_map);
}

static u32 nodes(void)
{
	u32 cpu, kept = 0;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		kept += m->vm->local_pte_chain[cpu] != 0;
	return kmem_cache_in_use(m->vm->pte_chain_cachep) - kept;
}

static bool page_anon(const struct page *page)
{
	return test_bit(PG_anon, &page->flags);
}

/* -- a count instead of a chain -------------------------------------------------------------- */

static void a_page_of_a_file_has_a_count(void **state)
{
	struct mapping_view found[MOST];
	struct page_view view;
	u32 i, first, pfn;

	boot(1);
	first = mapper(1, 0, MAP_SHARED);
	for (i = 1; i < 10; i++)
		mapper(1, 0, MAP_SHARED);
	pfn = lab_pfn(first, S);
	assert_true(inspect_page(m, pfn, &view));
	assert_int_equal(view.mapcount, 10);
	assert_int_equal(m->vm->mem_map[pfn].pte.mapcount, 10);
	assert_false(page_anon(&m->vm->mem_map[pfn]));
	assert_int_equal(nodes(), 0);
	assert_int_equal(m->counters.chain_adds, 0);
	assert_int_equal(m->vm->nr_mapped, 1);
	assert_int_equal(inspect_rmap(m, pfn, found, MOST), 10);
	for (i = 0; i < 10; i++) {
		assert_int_equal(found[i].pid, first + i); /* in the order of i_mmap_shared */
		assert_int_equal(found[i].node, 0);
	}
}

static void private_vmas_come_first(void **state)
{
	struct mapping_view found[MOST];
	u32 shared, private;

	boot(1);
	shared = mapper(1, 0, MAP_SHARED);
	private = mapper(1, 0, MAP_PRIVATE);
	assert_int_equal(inspect_rmap(m, lab_pfn(shared, S), found, MOST), 2);
	assert_int_equal(found[0].pid, private);
	assert_int_equal(found[1].pid, shared);
}

static void anonymous_pages_keep_their_chains(void **state)
{
	struct page *page;
	u32 pid, at;

	boot(1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	page = page_at(pid, at);
	assert_true(page_anon(page) && PageDirect(page));
	OP(FORK, pid);
	assert_int_equal(nodes(), 1);
	OP(WRITE, pid, at, 2); /* the copy is anonymous as well */
	assert_true(page_anon(page_at(pid, at)));
}

/* A private copy of a page of a file is anonymous, the page itself is not. */
static void a_private_copy_is_anonymous(void **state)
{
	struct page *page;
	u32 pid;

	boot(1);
	pid = mapper(2, 0, MAP_PRIVATE);
	page = page_at(pid, S);
	assert_false(page_anon(page));
	OP(WRITE, pid, S, 1);
	assert_true(page_anon(page_at(pid, S)));
	assert_int_equal(page->pte.mapcount, 0);
	OP(WRITE, pid, S + PAGE_SIZE, 1); /* copied at once */
	assert_true(page_anon(page_at(pid, S + PAGE_SIZE)));
	assert_int_equal(m->counters.chain_adds, 2);
}

/* Forking ten pages of a file costs no node and no chain. */
static void fork_only_counts(void **state)
{
	u32 pid;

	boot(1);
	pid = mapper(10, 0, MAP_SHARED);
	OP(TOUCH, pid, S, LEN(10), 0);
	OP(FORK, pid);
	assert_int_equal(m->counters.chain_adds, 0);
	assert_int_equal(page_at(pid, S + 9 * PAGE_SIZE)->pte.mapcount, 2);
	OP(EXIT, pid);
	assert_int_equal(m->counters.chain_removes, 0);
	assert_int_equal(page_at(pid + 1, S)->pte.mapcount, 1);
}

/* -- asking ---------------------------------------------------------------------------------- */

/* Every vma of the file is visited; a page table is looked into only where the page could be. */
static void asking_visits_every_vma(void **state)
{
	u32 i, pid;
	u64 vmas, ptes;

	boot(1);
	for (i = 0; i < 4; i++)
		mapper(4, 8, MAP_SHARED);
	pid = mapper(4, 0, MAP_SHARED);
	mapper(4, 0, MAP_PRIVATE);
	vmas = m->counters.vmas_visited;
	ptes = m->counters.ptes_visited;
	assert_int_equal(OP(REFERENCED, 0, lab_pfn(pid, S)), 3); /* two ptes, and PG_referenced */
	assert_int_equal(m->counters.vmas_visited - vmas, 6);
	assert_int_equal(m->counters.ptes_visited - ptes, 2);
	assert_int_equal(OP(REFERENCED, 0, lab_pfn(pid, S)), 0);
}

/* -- locks that cannot be had ---------------------------------------------------------------- */

struct ask {
	struct page *page;
	struct mm_struct *busy[3];
	u32 nr;
	bool file_busy;
	bool unmap;
	int ret;
};

/* A word says that somebody has the locks who is not here. */
static void take(struct ask *a, u16 owner)
{
	rw_semaphore_t *sem = &a->page->mapping->i_shared_sem;
	u32 i;

	for (i = 0; i < a->nr; i++)
		a->busy[i]->page_table_lock.owner = owner;
	if (a->file_busy)
		sem->count = owner ? -1 : 0;
}

static void ask_while_busy(void *arg)
{
	struct ask *a = arg;

	lock_page(a->page);
	take(a, 1000);
	pte_chain_lock(a->page);
	a->ret = a->unmap ? try_to_unmap(a->page) : page_referenced(a->page, true);
	pte_chain_unlock(a->page);
	take(a, 0);
	unlock_page(a->page);
}

/* Nine mappers, who have all used the page and were asked once; three of them are busy now. */
static void nine_mappers(struct ask *a, u32 errata)
{
	u32 i, first;

	boot_with(2, errata, 256);
	first = mapper(1, 0, MAP_SHARED);
	for (i = 1; i < 9; i++)
		mapper(1, 0, MAP_SHARED);
	a->page = page_at(first, S);
	OP(REFERENCED, 0, pfn_of(a->page));
	for (i = 0; i < 3; i++)
		a->busy[i] = thread_by_pid(m, first + 1 + 3 * i)->mm;
}

/* The difference that Andrea Arcangeli's 0 makes: nobody has used the page, three cannot be
 * asked. */
static void a_page_table_that_is_locked(void **state)
{
	struct ask a = { .nr = 3 };

	nine_mappers(&a, 0);
	lab_run(ask_while_busy, &a);
	assert_int_equal(a.ret, 3);
	lab_destroy(NULL);
	nine_mappers(&a, 1);
	lab_run(ask_while_busy, &a);
	assert_int_equal(a.ret, 0);
}

static void a_file_that_is_locked(void **state)
{
	struct ask a = { .file_busy = true };

	nine_mappers(&a, 0);
	lab_run(ask_while_busy, &a);
	assert_int_equal(a.ret, 1);
	a.unmap = true;
	lab_run(ask_while_busy, &a);
	assert_int_equal(a.ret, SWAP_AGAIN);
	assert_int_equal(a.page->pte.mapcount, 9);
	lab_destroy(NULL);
	a.unmap = false;
	nine_mappers(&a, 1);
	lab_run(ask_while_busy, &a);
	assert_int_equal(a.ret, 0);
}

/* Six are unmapped: that is AGAIN, and not all. */
static void unmapping_some_is_again(void **state)
{
	struct mapping_view found[MOST];
	struct ask a = { .nr = 3, .unmap = true };

	nine_mappers(&a, 0);
	lab_run(ask_while_busy, &a);
	assert_int_equal(a.ret, SWAP_AGAIN);
	assert_int_equal(a.page->pte.mapcount, 3);
	assert_int_equal(inspect_rmap(m, pfn_of(a.page), found, MOST), 3);
	assert_int_equal(OP(UNMAP, 0, pfn_of(a.page)), SWAP_SUCCESS);
	assert_int_equal(m->vm->nr_mapped, 0);
}

/* Private vmas first, then the shared ones in turn: the locked one ends it. */
static void locked_memory_ends_it(void **state)
{
	struct mapping_view found[MOST];
	u32 pids[3];

	boot(1);
	pids[0] = mapper(1, 0, MAP_SHARED);
	pids[1] = mapper(1, 0, MAP_SHARED | MAP_LOCKED);
	pids[2] = mapper(1, 0, MAP_SHARED);
	assert_int_equal(OP(UNMAP, 0, lab_pfn(pids[1], S)), SWAP_FAIL);
	assert_int_equal(inspect_rmap(m, lab_pfn(pids[1], S), found, MOST), 2);
	assert_int_equal(found[0].pid, pids[1]);
	assert_int_equal(found[1].pid, pids[2]);
}

/* -- page_convert_anon ----------------------------------------------------------------------- */

/*
 * Three map page 2 of the file in its place, one of them privately. The first then wants it at
 * place 5 as well: all three are noted, the private vma first, and then the new one. Four ptes, one
 * node: 7 slots, filled from the right.
 */
static void a_page_out_of_place_gets_a_chain(void **state)
{
	struct mapping_view found[MOST];
	u32 pids[3], i, pfn;
	struct page *page;

	boot(1);
	for (i = 0; i < 3; i++) {
		pids[i] = mapper(8, 0, i == 2 ? MAP_PRIVATE : MAP_SHARED);
		OP(READ, pids[i], S + LEN(2));
	}
	pfn = lab_pfn(pids[0], S + LEN(2));
	page = &m->vm->mem_map[pfn];
	OP(REMAP_FILE_PAGES, pids[0], S + LEN(5), LEN(1), 0, 2);
	assert_true(page_anon(page));
	assert_int_equal(lab_count(EV_CONVERT_ANON), 1);
	assert_int_equal(nodes(), 1);
	assert_int_equal(inspect_rmap(m, pfn, found, MOST), 4);
	assert_int_equal(found[0].address, S + LEN(5));
	assert_int_equal(found[0].pid, pids[0]);
	assert_int_equal(found[1].pid, pids[1]);
	assert_int_equal(found[2].pid, pids[0]);
	assert_int_equal(found[3].pid, pids[2]);
	assert_int_equal(inspect_mappers(m, pfn, found, MOST), 4);
	/* It is a page of its file as before: unmapped from all, and found again by all. */
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
	assert_ptr_equal(page->mapping->host, list_entry(list_next(&m->vm->inodes),
							 struct inode, inodes));
	assert_int_equal(nodes(), 0);
	for (i = 0; i < 3; i++)
		OP(READ, pids[i], S + LEN(2));
	OP(READ, pids[0], S + LEN(5));
	assert_int_equal(lab_pfn(pids[0], S + LEN(5)), pfn);
	assert_int_equal(inspect_rmap(m, pfn, found, MOST), 4);
}

/* Where the vma says it is, there is nothing to convert, nonlinear or not. */
static void a_page_in_its_place_is_counted(void **state)
{
	u32 pid;

	boot(1);
	pid = mapper(8, 0, MAP_SHARED);
	OP(REMAP_FILE_PAGES, pid, S + LEN(5), LEN(1), 0, 2);
	OP(REMAP_FILE_PAGES, pid, S + LEN(6), LEN(1), 0, 6);
	assert_false(page_anon(page_at(pid, S + LEN(6))));
	assert_int_equal(page_at(pid, S + LEN(6))->pte.mapcount, 1);
	assert_int_equal(lab_count(EV_CONVERT_ANON), 1);
}

static void the_mark_goes_when_the_page_is_free(void **state)
{
	struct page *page;
	u32 pid;

	boot(1);
	pid = mapper(8, 0, MAP_SHARED);
	OP(REMAP_FILE_PAGES, pid, S + LEN(1), LEN(1), 0, 12);
	page = page_at(pid, S + LEN(1));
	assert_true(page_anon(page));
	OP(EXIT, pid);
	assert_true(page_anon(page)); /* in the cache, mapped by nobody */
	OP(TRUNCATE, 0, file, 0);
	assert_int_equal(page_count(page), 0);
	assert_false(page_anon(page));
}

struct starve {
	struct page *page, *taken[512];
	u32 nr;
	int err;
};

static void eat(struct starve *s, u32 gfp_mask)
{
	struct page *page;

	while ((page = alloc_page(gfp_mask)))
		s->taken[s->nr++] = page;
}

/* One node at hand, none in the slab, and no frame to make more. PF_MEMDIE: of a process that
 * the OOM killer has chosen; any other would wait for memory for ever. */
static void convert_without_memory(void *arg)
{
	struct starve *s = arg;
	struct pte_chain *one = pte_chain_alloc(GFP_KERNEL);
	u32 left = 113 - kmem_cache_in_use(VM->pte_chain_cachep), i;
	struct pte_chain *nodes_taken[113];

	current->flags |= PF_MEMDIE;
	for (i = 0; i < left; i++)
		nodes_taken[i] = kmem_cache_alloc(VM->pte_chain_cachep, GFP_ATOMIC);
	pte_chain_free(one);
	eat(s, GFP_KERNEL);
	lock_page(s->page);
	s->err = page_convert_anon(s->page);
	unlock_page(s->page);
	while (s->nr)
		__free_page(s->taken[--s->nr]);
	for (i = 0; i < left; i++)
		kmem_cache_free(VM->pte_chain_cachep, nodes_taken[i]);
	current->flags &= ~PF_MEMDIE;
}

/*
 * The first vma needs no node (the pte goes into struct page), but has one in hand; the second uses
 * it; for the third there is none. What it maps is lost to rmap, and the row says so.
 */
static void half_converted(void **state)
{
	const struct rmap_ops *ops;
	struct mapping found[MOST];
	struct starve s = { .nr = 0 };
	u32 i, first, pfn;

	boot_with(1, 0, 0);
	first = mapper(1, 0, MAP_SHARED);
	mapper(1, 0, MAP_SHARED);
	mapper(1, 0, MAP_SHARED);
	s.page = page_at(first, S);
	pfn = pfn_of(s.page);
	lab_run(convert_without_memory, &s);
	assert_int_equal(s.err, -ENOMEM);
	assert_true(page_anon(s.page));
	assert_int_equal(inspect_rmap(m, pfn, NULL, 0), 2);
	assert_int_equal(oracle_mappers(m, pfn, found, MOST), 3);
	ops = rmap_of(m->vm);
	for (i = 0; i < 3; i++)
		if (found[i].pid == first + 2)
			assert_true(ops->misses(m, s.page, &found[i]));
	assert_int_equal(m->vm->half_converted, 1);
	for (i = 0; i < 3; i++)
		OP(EXIT, first + i);
	assert_int_equal(m->vm->nr_mapped, 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_of_a_file_has_a_count),
		TEST(private_vmas_come_first),
		TEST(anonymous_pages_keep_their_chains),
		TEST(a_private_copy_is_anonymous),
		TEST(fork_only_counts),
		TEST(asking_visits_every_vma),
		TEST(a_page_table_that_is_locked),
		TEST(a_file_that_is_locked),
		TEST(unmapping_some_is_again),
		TEST(locked_memory_ends_it),
		TEST(a_page_out_of_place_gets_a_chain),
		TEST(a_page_in_its_place_is_counted),
		TEST(the_mark_goes_when_the_page_is_free),
		TEST(half_converted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
