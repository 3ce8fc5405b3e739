/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What seed 004 has and 2.6.9 had not: on 2.6.16, and where 4.0 kept it, on 4.0 as well.
 */
#include "lab.h"
#include "rmap/rmap.h"

#define RW (PROT_READ | PROT_WRITE)

static u32 pid, at, pfn;

static void boot(const char *kernel, u32 cpus)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name(kernel), .ram = 512 << PAGE_SHIFT,
		.swap = 64 << PAGE_SHIFT, .cpus = cpus, .page_cluster = 0, .seed = 1,
		.events = true, .truth = true,
	});
	pid = lab_process(4, &at);
	OP(WRITE, pid, at, 7);
	pfn = lab_pfn(pid, at);
	lab_forget();
}

static int boot_2_6_16(void **state)
{
	boot("2.6.16", 1);
	return 0;
}

static int boot_4_0(void **state)
{
	boot("4.0", 1);
	return 0;
}

static struct mm_struct *mm(void)
{
	return thread_by_pid(m, pid)->mm;
}

static struct page *page(void)
{
	return &m->vm->mem_map[pfn];
}

static u32 raw_pte(void)
{
	struct pte_view pte;

	return inspect_pte(m, pid, at, &pte) ? pte.raw : 0;
}

/* What shrink_list does from step 6 to 8; OP(UNMAP) also asks who used the page, before. */
static void unmap_locked(void *result)
{
	lock_page(page());
	if (PageAnon(page()) && !PageSwapCache(page()))
		add_to_swap(page());
	*(s64 *)result = try_to_unmap(page());
	unlock_page(page());
}

static s64 unmap(void)
{
	s64 ret = -1;

	lab_run(unmap_locked, &ret);
	return ret;
}

/* -- try_to_unmap_one ------------------------------------------------------------------------- */

/* b. and d. to g. of the sheet: a pte that was used is spared once and made old; then it names the
 * slot, the page has the dirty bit, rss is less, the most there was is kept, and swapoff will find
 * the mm. */
static void test_young_is_spared_once(void **state)
{
	u32 anon = mm()->anon_rss;
	bool listed = !list_empty(&mm()->mmlist);

	assert_false(listed);
	assert_true(pte_young(raw_pte()));
	assert_int_equal(unmap(), SWAP_FAIL);
	assert_true(pte_present(raw_pte()) && !pte_young(raw_pte()));

	assert_int_equal(unmap(), SWAP_SUCCESS);
	assert_false(pte_present(raw_pte()));
	assert_true(raw_pte() != 0);
	assert_true(PageDirty(page()));
	assert_int_equal(mm()->anon_rss, anon - 1);
	assert_true(mm()->hiwater_rss >= anon);
	assert_false(list_empty(&mm()->mmlist));
	assert_int_equal(OP(READ, pid, at), 7);
}

/* The last pte is gone: the count says so, and mapping stays for whoever may just be setting it. */
static void test_mapping_stays_until_the_page_is_free(void **state)
{
	const struct address_space *mapping = page()->mapping;

	assert_true((uintptr_t)mapping & PAGE_MAPPING_ANON);
	assert_int_equal(atomic_read(&page()->_mapcount), 0);
	unmap();
	assert_int_equal(unmap(), SWAP_SUCCESS);
	assert_int_equal(atomic_read(&page()->_mapcount), -1);
	assert_ptr_equal(page()->mapping, mapping);
	OP(EXIT, pid);
	OP(RECLAIM, 0, 64);
	assert_int_equal(page_count(page()), 0);
	assert_null(page()->mapping);
}

static void test_locked_vma_keeps_its_pages(void **state)
{
	u32 i;

	OP(MLOCK, pid, at, PAGE_SIZE);
	for (i = 0; i < 3; i++)
		assert_int_equal(unmap(), SWAP_FAIL);
	assert_true(pte_present(raw_pte()));
	OP(MUNLOCK, pid, at, PAGE_SIZE);
	unmap();
	assert_int_equal(unmap(), SWAP_SUCCESS);
}

static void test_nr_mapped(void **state)
{
	u32 before = m->vm->nr_mapped, child;

	OP(WRITE, pid, at + PAGE_SIZE, 1);
	assert_int_equal(m->vm->nr_mapped, before + 1);
	child = (u32)OP(FORK, pid);
	assert_int_equal(m->vm->nr_mapped, before + 1); /* pages, not ptes */
	OP(EXIT, child);
	assert_int_equal(m->vm->nr_mapped, before + 1);
	OP(MUNMAP, pid, at + PAGE_SIZE, PAGE_SIZE);
	assert_int_equal(m->vm->nr_mapped, before);
}

/* -- page_referenced -------------------------------------------------------------------------- */

/* A file page mapped shared and locked: wanted, and no pte was looked at for that. */
static void test_shared_and_locked_is_wanted(void **state)
{
	u32 file = (u32)OP(FILE, 0, 4 * PAGE_SIZE), a;
	u64 ptes;

	a = (u32)OP(MMAP, pid, 0, PAGE_SIZE, RW, MAP_SHARED, file);
	OP(WRITE, pid, a, 1);
	OP(MLOCK, pid, a, PAGE_SIZE);
	pfn = lab_pfn(pid, a);
	OP(REFERENCED, 0, pfn); /* PG_referenced is clear now */
	ptes = m->counters.ptes_visited;
	assert_int_equal(OP(REFERENCED, 0, pfn), 1);
	assert_int_equal(m->counters.ptes_visited, ptes);
}

/* Somebody has the page lock of a page of a file: he is using it. */
static void ask_locked(void *result)
{
	lock_page(page());
	*(s64 *)result = page_referenced(page(), false);
	unlock_page(page());
}

static void ask_unlocked(void *result)
{
	*(s64 *)result = page_referenced(page(), false);
}

static void test_page_lock_that_is_taken_counts_as_use(void **state)
{
	u32 file = (u32)OP(FILE, 0, 4 * PAGE_SIZE), a;
	s64 got = -1;

	a = (u32)OP(MMAP, pid, 0, PAGE_SIZE, RW, MAP_SHARED, file);
	OP(WRITE, pid, a, 1);
	pfn = lab_pfn(pid, a);
	lab_run(ask_unlocked, &got);
	lab_run(ask_unlocked, &got);
	assert_int_equal(got, 0);
	lab_run(ask_locked, &got);
	assert_int_equal(got, 1);
}

static void ask_as_if_locked(void *unused)
{
	page_referenced(page(), true);
}

/* Without the page lock a page of a file might be leaving it: BUG_ON(!PageLocked). */
static void test_page_lock_must_be_held(void **state)
{
	u32 file = (u32)OP(FILE, 0, 4 * PAGE_SIZE), a;

	a = (u32)OP(MMAP, pid, 0, PAGE_SIZE, RW, MAP_SHARED, file);
	OP(WRITE, pid, a, 1);
	pfn = lab_pfn(pid, a);
	assert_true(thread_start(m->boot, ask_as_if_locked, NULL));
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_BUG);
}

/*
 * The swap token: of the holder, in the middle of a fault, each pte counts as used. With mmap_sem
 * free, or without the token, it does not.
 */
static void hold_token(void *in_fault)
{
	m->vm->swap_token.mm = mm();
	mm()->mmap_sem.count = in_fault ? 1 : 0;
}

static s64 ask(void)
{
	s64 got = -1;

	lab_run(ask_unlocked, &got);
	return got;
}

static void test_swap_token(void **state)
{
	bool token = m->config.kernel->swap_token == 2;

	ask(); /* neither young nor PG_referenced from here on */
	assert_int_equal(ask(), 0);
	hold_token(NULL);
	assert_int_equal(ask(), 0);
	hold_token(m);
	assert_int_equal(ask(), token);
	m->vm->swap_token.mm = NULL;
	assert_int_equal(ask(), 0);
	mm()->mmap_sem.count = 0;
}

/* -- split page table locks ------------------------------------------------------------------- */

/* Which lock guards the pte: from four cpus on that of its table. */
static void locks(const char *kernel, u32 cpus, enum lock_class want, enum lock_class other)
{
	boot(kernel, cpus);
	unmap();
	lab_forget();
	assert_int_equal(unmap(), SWAP_SUCCESS);
	assert_true(lab_count_of(EV_LOCK, want) > 0);
	assert_int_equal(lab_count_of(EV_LOCK, other), 0);
	lab_destroy(NULL);
}

static void test_split_ptlock(void **state)
{
	const char *const names[] = { "2.6.16", "4.0" };

	for (u32 i = 0; i < 2; i++) {
		locks(names[i], 2, LC_PAGE_TABLE_LOCK, LC_PTE_LOCK);
		locks(names[i], 4, LC_PTE_LOCK, LC_PAGE_TABLE_LOCK);
	}
}

/* -- the list of an anon_vma ------------------------------------------------------------------- */

/* fork puts the child's vma on the list that a walk on another cpu may be following: anon_vma_link
 * takes the lock. */
static void test_fork_locks_the_list(void **state)
{
	const char *const names[] = { "2.6.8", "2.6.9-rc-mm", "2.6.16" };

	for (u32 i = 0; i < 3; i++) {
		boot(names[i], 2);
		OP(FORK, pid);
		assert_int_equal(lab_count(EV_ANON_VMA_LINK), 1);
		assert_int_equal(lab_count_of(EV_LOCK, LC_ANON_VMA_LOCK), 1);
		lab_destroy(NULL);
	}
}

/* -- page_address_in_vma ---------------------------------------------------------------------- */

static void ask_address(void *ok)
{
	const struct rmap_ops *ops = rmap_of(m->vm);
	struct vm_area_struct *vma = find_vma(mm(), at), far = *vma;
	u32 address = 0;

	*(bool *)ok = ops->page_address_in_vma(page(), vma, &address) && address == at;
	far.vm_pgoff += 1; /* begins one page later: the page is before it */
	*(bool *)ok &= !ops->page_address_in_vma(page(), &far, &address);
	far = *vma;
	far.anon_vma = NULL;
	*(bool *)ok &= !ops->page_address_in_vma(page(), &far, &address);
}

static void test_page_address_in_vma(void **state)
{
	bool ok = false;

	lab_run(ask_address, &ok);
	assert_true(ok);
}

int main(void)
{
#define BOTH(name) \
	{ #name " on 2.6.16", name, boot_2_6_16, lab_destroy, NULL }, \
	{ #name " on 4.0", name, boot_4_0, lab_destroy, NULL }
	const struct CMUnitTest tests[] = {
		BOTH(test_young_is_spared_once),
		BOTH(test_mapping_stays_until_the_page_is_free),
		BOTH(test_locked_vma_keeps_its_pages),
		BOTH(test_nr_mapped),
		{ "test_shared_and_locked_is_wanted on 2.6.16", test_shared_and_locked_is_wanted,
		  boot_2_6_16, lab_destroy, NULL },
		BOTH(test_page_lock_that_is_taken_counts_as_use),
		BOTH(test_page_lock_must_be_held),
		BOTH(test_swap_token),
		cmocka_unit_test_teardown(test_split_ptlock, lab_destroy),
		cmocka_unit_test_teardown(test_fork_locks_the_list, lab_destroy),
		BOTH(test_page_address_in_vma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
