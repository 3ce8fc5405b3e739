/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What faults make of page-table entries: demand zero, copy on write, file mappings, swap, locked
 * memory, signals. Entries are compared as whole words:
 *
 *	0x25 = present, user, accessed        0x27 = and writable
 *	0x67 = and dirty                      offset << 8 | type << 1 = swapped out
 */
#include "i386/mmu.h"
#include "lab.h"
#include "rmap/rmap.h"

#define RO 0x25u
#define RW_CLEAN 0x27u
#define RW_DIRTY 0x67u

#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define RW_PROT (PROT_READ | PROT_WRITE)

static int boot(void **state)
{
	lab_boot(512, 256, 1);
	return 0;
}

static int boot_smp(void **state)
{
	lab_boot(512, 256, 2);
	return 0;
}

static u32 raw(u32 pid, u32 address)
{
	struct pte_view pte;

	return inspect_pte(m, pid, address, &pte) ? pte.raw : 0;
}

static struct task_view task(u32 pid)
{
	struct task_view view;

	assert_true(inspect_task(m, pid, &view));
	return view;
}

static const struct page *page_of(u32 pid, u32 address)
{
	return &m->vm->mem_map[lab_pfn(pid, address)];
}

static u32 mapcount(u32 pfn)
{
	struct mapping_view maps[8];

	return inspect_rmap(m, pfn, maps, ARRAY_SIZE(maps));
}

static u32 map_file(u32 pid, u32 file, u32 pages, u32 flags)
{
	return (u32)OP(MMAP, pid, 0, PAGES(pages), RW_PROT, flags, file, 0);
}

/* -- anonymous memory ------------------------------------------------------------------------ */

static void test_reading_maps_the_zero_page(void **state)
{
	u32 at, pid = lab_process(4, &at);

	lab_forget();
	assert_int_equal(OP(READ, pid, at + PAGE_SIZE), 0);
	assert_int_equal(raw(pid, at + PAGE_SIZE), pfn_pte(m->vm->zero_pfn, RO));
	assert_int_equal(raw(pid, at), 0);
	assert_int_equal(task(pid).rss, 0);
	assert_int_equal(task(pid).nr_ptes, 1);
	assert_int_equal(lab_count(EV_RMAP_ADD), 0);
	assert_int_equal(mapcount(m->vm->zero_pfn), 0);
	assert_int_equal(m->counters.pgfault, 1);
	assert_int_equal(OP(READ, pid, at + PAGE_SIZE), 0);
	assert_int_equal(m->counters.pgfault, 1);
}

static void test_writing_makes_a_page(void **state)
{
	u32 at, pid = lab_process(4, &at), pfn;
	u32 first[1];

	OP(WRITE, pid, at, 42);
	pfn = lab_pfn(pid, at);
	assert_int_equal(raw(pid, at), pfn_pte(pfn, RW_DIRTY));
	assert_int_equal(task(pid).rss, 1);
	assert_int_equal(mapcount(pfn), 1);
	assert_int_equal(page_of(pid, at)->count.counter, 1);
	assert_true(PageLRU(page_of(pid, at)) && !PageActive(page_of(pid, at)));
	assert_false(PageReferenced(page_of(pid, at)));
	inspect_lru_list(m, false, first, 1);
	assert_int_equal(first[0], pfn);
	assert_int_equal(OP(READ, pid, at), 42);
	assert_int_equal(OP(READ, pid, at + 4), 0);
	assert_int_equal(m->counters.pgfault, 1);
}

static void test_writing_after_reading_leaves_the_zero_page(void **state)
{
	u32 at, pid = lab_process(4, &at), pfn;
	const struct event *ev;

	OP(READ, pid, at);
	lab_forget();
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	assert_int_equal(raw(pid, at), pfn_pte(pfn, RW_DIRTY));
	ev = lab_event(EV_COW_BREAK, at, 0);
	assert_int_equal(ev->a[1], m->vm->zero_pfn);
	assert_int_equal(ev->a[2], pfn);
	assert_int_equal(lab_count(EV_PAGE_COPY), 0); /* it is cleared, not copied */
	assert_int_equal(lab_count_of(EV_PAGE_CLEAR, pfn), 1);
	assert_int_equal(task(pid).rss, 1);
	assert_int_equal(OP(READ, pid, at), 1);
}

static void test_touch_counts_its_faults(void **state)
{
	u32 at, pid = lab_process(100, &at);

	assert_int_equal(OP(TOUCH, pid, at, PAGES(100), false), 100);
	assert_int_equal(OP(TOUCH, pid, at, PAGES(100), false), 0);
	assert_int_equal(OP(TOUCH, pid, at, PAGES(60), true), 60);
	assert_int_equal(OP(TOUCH, pid, at, PAGES(100), true), 40);
	assert_int_equal(task(pid).rss, 100);
}

/* -- signals --------------------------------------------------------------------------------- */

#define SEGV (-11)
#define BUS (-7)

static void test_segmentation_faults(void **state)
{
	u32 at, pid = lab_process(2, &at), ro, none;

	ro = (u32)OP(MMAP, pid, 0, PAGES(1), PROT_READ, MAP_PRIVATE);
	none = (u32)OP(MMAP, pid, 0, PAGES(1), 0, MAP_PRIVATE);
	OP_FAILS(SEGV, READ, pid, 0);
	OP_FAILS(SEGV, READ, pid, 0xc0000000);
	OP_FAILS(SEGV, WRITE, pid, 0x3ffffffc);
	OP_FAILS(SEGV, WRITE, pid, ro);
	OP(READ, pid, ro);
	OP_FAILS(SEGV, WRITE, pid, ro);
	assert_int_equal(raw(pid, ro), pfn_pte(m->vm->zero_pfn, RO));
	OP_FAILS(SEGV, READ, pid, none);
	OP_FAILS(SEGV, WRITE, pid, none);
	assert_int_equal(raw(pid, none), 0);
	/* The process lives on. */
	OP(WRITE, pid, at, 1);
}

static void test_fault_error_codes(void **state)
{
	u32 at, pid = lab_process(2, &at), ro;
	const struct event *ev;

	ro = (u32)OP(MMAP, pid, 0, PAGES(1), PROT_READ, MAP_PRIVATE);
	lab_forget();
	OP(READ, pid, at);
	OP(WRITE, pid, at, 1);
	OP(WRITE, pid, at + PAGE_SIZE, 1);
	OP(READ, pid, ro);
	OP_FAILS(SEGV, WRITE, pid, ro);
	ev = lab_event(EV_FAULT, at, 0);
	assert_true(ev->a[1] == 0 && ev->a[2] == 0);
	ev = lab_event(EV_FAULT, at, 1);
	assert_true(ev->a[1] == 1 && ev->a[2] == 1);
	ev = lab_event(EV_FAULT, at + PAGE_SIZE, 0);
	assert_true(ev->a[1] == 0 && ev->a[2] == 1);
	ev = lab_event(EV_FAULT, ro, 1);
	assert_true(ev->a[1] == 1 && ev->a[2] == 1);
	assert_int_equal(m->cpus[0]->cr2, ro);
	assert_int_equal(m->cpus[0]->error_code, PF_PROT | PF_WRITE | PF_USER);
}

static void test_beyond_the_end_of_a_file(void **state)
{
	u32 at, pid = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(2)), map;

	map = map_file(pid, file, 4, MAP_SHARED);
	OP(READ, pid, map + PAGE_SIZE);
	OP_FAILS(BUS, READ, pid, map + 2 * PAGE_SIZE);
	OP_FAILS(BUS, WRITE, pid, map + 3 * PAGE_SIZE);
	OP(READ, pid, map);
}

/* -- files ----------------------------------------------------------------------------------- */

static void test_a_shared_file_page_is_the_page_of_the_cache(void **state)
{
	u32 at, pid = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(4)), map, faults;
	const struct page *page;

	map = map_file(pid, file, 4, MAP_SHARED);
	OP(READ, pid, map);
	page = page_of(pid, map);
	assert_int_equal(raw(pid, map), pfn_pte(lab_pfn(pid, map), RW_CLEAN));
	assert_int_equal(page->index, 0);
	assert_int_equal(page->count.counter, 2); /* the cache and the pte */
	assert_int_equal(task(pid).rss, 1);
	faults = (u32)m->counters.pgfault;
	OP(WRITE, pid, map + 8, 99);
	assert_int_equal(m->counters.pgfault, faults);
	assert_int_equal(raw(pid, map), pfn_pte(lab_pfn(pid, map), RW_DIRTY));
	assert_false(PageDirty(page)); /* only the pte knows */
	assert_int_equal(OP(FILE_READ, 0, file, 8), 99);
	OP(MUNMAP, pid, map, PAGES(4));
	assert_true(PageDirty(page)); /* now the page does */
	assert_int_equal(page->count.counter, 1);
	assert_int_equal(task(pid).rss, 0);
}

static void test_shared_means_shared(void **state)
{
	u32 at, a = lab_process(1, &at), b = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(2));
	u32 map_a = map_file(a, file, 2, MAP_SHARED), map_b = map_file(b, file, 2, MAP_SHARED);

	OP(WRITE, a, map_a + 16, 1);
	assert_int_equal(OP(READ, b, map_b + 16), 1);
	OP(WRITE, b, map_b + 16, 2);
	assert_int_equal(OP(READ, a, map_a + 16), 2);
	OP(FILE_WRITE, 0, file, 16, 3);
	assert_int_equal(OP(READ, a, map_a + 16), 3);
	assert_int_equal(lab_pfn(a, map_a), lab_pfn(b, map_b));
	assert_int_equal(mapcount(lab_pfn(a, map_a)), 2);
}

static void test_a_private_file_page_is_copied_when_written(void **state)
{
	u32 at, pid = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(2)), map, pfn;

	OP(FILE_WRITE, 0, file, 0, 7);
	map = map_file(pid, file, 2, MAP_PRIVATE);
	assert_int_equal(OP(READ, pid, map), 7);
	pfn = lab_pfn(pid, map);
	assert_int_equal(raw(pid, map), pfn_pte(pfn, RO));
	OP(WRITE, pid, map, 8);
	assert_int_not_equal(lab_pfn(pid, map), pfn);
	assert_int_equal(raw(pid, map), pfn_pte(lab_pfn(pid, map), RW_DIRTY));
	assert_int_equal(mapcount(pfn), 0);
	assert_int_equal(mapcount(lab_pfn(pid, map)), 1);
	assert_int_equal(m->vm->mem_map[pfn].count.counter, 1);
	assert_int_equal(task(pid).rss, 1);
	assert_int_equal(OP(FILE_READ, 0, file, 0), 7);
	assert_int_equal(OP(READ, pid, map), 8);
}

/* The copy is made by the first fault, which saves the second one. */
static void test_early_cow(void **state)
{
	u32 at, pid = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(2)), map;

	map = map_file(pid, file, 2, MAP_PRIVATE);
	lab_forget();
	OP(WRITE, pid, map, 8);
	assert_int_equal(lab_count(EV_FAULT), 1);
	assert_int_equal(lab_count(EV_PAGE_COPY), 1);
	assert_int_equal(lab_count(EV_COW_BREAK), 0);
	assert_int_equal(raw(pid, map), pfn_pte(lab_pfn(pid, map), RW_DIRTY));
	assert_null(page_of(pid, map)->mapping);
	assert_true(PageLRU(page_of(pid, map)));
	assert_int_equal(task(pid).rss, 1);
}

/* -- swap ------------------------------------------------------------------------------------ */

static u32 swap_out(u32 pid, u32 address)
{
	assert_int_equal(OP(UNMAP, 0, lab_pfn(pid, address)), SWAP_SUCCESS);
	assert_int_not_equal(raw(pid, address), 0);
	assert_int_equal(raw(pid, address) & (_PAGE_PRESENT | _PAGE_PROTNONE), 0);
	return raw(pid, address);
}

static u16 slot_users(u32 pte)
{
	assert_int_equal(pte >> 1 & 0x3f, 0); /* area 0 */
	return m->vm->swap_info[0].swap_map[pte >> 8];
}

static void test_back_from_the_swap_cache(void **state)
{
	u32 at, pid = lab_process(1, &at), pfn, pte;

	OP(WRITE, pid, at, 42);
	pfn = lab_pfn(pid, at);
	pte = swap_out(pid, at);
	assert_int_equal(pte, 1u << 8); /* the first slot of a fresh area */
	assert_int_equal(slot_users(pte), 2); /* the pte and the swap cache */
	assert_int_equal(task(pid).rss, 0);
	assert_int_equal(OP(READ, pid, at), 42);
	assert_int_equal(lab_pfn(pid, at), pfn);
	assert_int_equal(raw(pid, at), pfn_pte(pfn, RO)); /* clean: the slot is as good */
	assert_int_equal(slot_users(pte), 1);
	assert_int_equal(task(pid).rss, 1);
	assert_int_equal(m->counters.pswpin, 0);
	assert_int_equal(m->counters.pgmajfault, 0);
	/* The only user: no copy. */
	lab_forget();
	OP(WRITE, pid, at, 43);
	assert_int_equal(lab_count(EV_COW_REUSE), 1);
	assert_int_equal(raw(pid, at), pfn_pte(pfn, RW_DIRTY));
}

static void test_a_write_maps_it_writable_at_once(void **state)
{
	u32 at, pid = lab_process(1, &at), pfn;

	OP(WRITE, pid, at, 42);
	pfn = lab_pfn(pid, at);
	swap_out(pid, at);
	lab_forget();
	OP(WRITE, pid, at + 4, 1);
	assert_int_equal(lab_count(EV_FAULT), 1);
	assert_int_equal(raw(pid, at), pfn_pte(pfn, RW_DIRTY));
	assert_int_equal(OP(READ, pid, at), 42);
}

static void test_back_from_the_disk(void **state)
{
	u32 at, pid = lab_process(1, &at), pte, i;

	OP(WRITE, pid, at + 12, 42);
	pte = swap_out(pid, at);
	for (i = 0; i < 8 && slot_users(pte) > 1; i++) {
		OP(RECLAIM, 0, 1);
		OP(TICK, 0, 1000000000);
	}
	assert_int_equal(slot_users(pte), 1); /* the pte: it left the swap cache */
	assert_int_equal(m->counters.pswpout, 1);
	assert_int_equal(OP(READ, pid, at + 12), 42);
	assert_int_equal(m->counters.pswpin, 1);
	assert_int_equal(m->counters.pgmajfault, 1);
	assert_int_equal(slot_users(pte), 1); /* the swap cache */
}

/* What the pte of a file page knew, the page knows when the pte is gone. */
static void test_unmapping_moves_the_dirty_bit(void **state)
{
	u32 at, pid = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(2)), map;
	const struct page *page;

	map = map_file(pid, file, 2, MAP_SHARED);
	OP(WRITE, pid, map, 5);
	OP(READ, pid, map + PAGE_SIZE);
	page = page_of(pid, map);
	assert_false(PageDirty(page));
	assert_int_equal(OP(UNMAP, 0, lab_pfn(pid, map)), SWAP_SUCCESS);
	assert_true(PageDirty(page));
	assert_int_equal(raw(pid, map), 0); /* the file says where it is */
	page = page_of(pid, map + PAGE_SIZE);
	assert_int_equal(OP(UNMAP, 0, lab_pfn(pid, map + PAGE_SIZE)), SWAP_SUCCESS);
	assert_false(PageDirty(page));
	assert_int_equal(task(pid).rss, 0);
	assert_int_equal(OP(READ, pid, map), 5);
}

static void test_unmapping_what_is_swapped_frees_the_slot(void **state)
{
	u32 at, pid = lab_process(1, &at), pte, slots = m->vm->nr_swap_pages;

	OP(WRITE, pid, at, 42);
	pte = swap_out(pid, at);
	assert_int_equal(m->vm->nr_swap_pages, slots - 1);
	OP(MUNMAP, pid, at, PAGES(1));
	assert_int_equal(m->vm->nr_swap_pages, slots);
	assert_int_equal(slot_users(pte), 0);
}

/* -- locked memory --------------------------------------------------------------------------- */

static void test_locked_memory_is_there_and_stays(void **state)
{
	u32 at, pid = lab_process(1, &at), locked, i;

	locked = (u32)OP(MMAP, pid, 0, PAGES(8), RW_PROT, MAP_PRIVATE | MAP_LOCKED);
	assert_int_equal(task(pid).locked_vm, 8);
	assert_int_equal(task(pid).rss, 8);
	for (i = 0; i < 8; i++)
		assert_int_equal(raw(pid, locked + i * PAGE_SIZE) & 0xfff, RW_DIRTY);
	assert_int_equal(OP(TOUCH, pid, locked, PAGES(8), true), 0);
	assert_int_equal(OP(UNMAP, 0, lab_pfn(pid, locked)), SWAP_FAIL);
	assert_int_equal(raw(pid, locked), pfn_pte(lab_pfn(pid, locked), RW_DIRTY));
	OP(MUNMAP, pid, locked, PAGES(3));
	assert_int_equal(task(pid).locked_vm, 5);
}

static void test_locked_memory_to_read_is_the_zero_page(void **state)
{
	u32 at, pid = lab_process(1, &at), locked;

	locked = (u32)OP(MMAP, pid, 0, PAGES(2), PROT_READ, MAP_PRIVATE | MAP_LOCKED);
	assert_int_equal(raw(pid, locked), pfn_pte(m->vm->zero_pfn, RO));
	assert_int_equal(raw(pid, locked + PAGE_SIZE), pfn_pte(m->vm->zero_pfn, RO));
}

static void test_locking_counts_as_faults(void **state)
{
	u32 at, pid = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(3));
	const struct task_struct *t = thread_by_pid(m, pid);

	OP(MMAP, pid, 0, PAGES(8), RW_PROT, MAP_PRIVATE | MAP_LOCKED);
	assert_int_equal(t->min_flt, 8);
	assert_int_equal(t->maj_flt, 0);
	OP(MMAP, pid, 0, PAGES(3), RW_PROT, MAP_SHARED | MAP_LOCKED, file);
	assert_int_equal(t->min_flt, 8);
	assert_int_equal(t->maj_flt, 3);
}

/* Locked, but there is nothing that the process could do with it. */
static void test_locked_memory_that_nobody_may_use(void **state)
{
	u32 at, pid = lab_process(1, &at), locked;

	locked = (u32)OP(MMAP, pid, 0, PAGES(2), 0, MAP_PRIVATE | MAP_LOCKED);
	assert_int_equal(task(pid).locked_vm, 2);
	assert_int_equal(raw(pid, locked), 0);
	assert_int_equal(m->counters.pgfault, 0);
}

/* -- page tables ----------------------------------------------------------------------------- */

static void test_a_page_table_knows_its_owner(void **state)
{
	u32 at, pid = lab_process(1, &at), high = 0x80123000, pfn;
	const struct page *table;
	struct pte_view pte;

	OP(MMAP, pid, high, PAGES(1), RW_PROT, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, pid, high, 1);
	assert_true(inspect_pte(m, pid, high, &pte));
	table = &m->vm->mem_map[pte.table_pfn];
	assert_ptr_equal(table->mapping, thread_by_pid(m, pid)->mm);
	assert_int_equal(table->index, 0x80000000);
	pfn = pte.table_pfn;
	OP(MUNMAP, pid, high, PAGES(1));
	assert_null(m->vm->mem_map[pfn].mapping);
	assert_int_equal(m->vm->mem_map[pfn].count.counter, 0);
	assert_int_equal(task(pid).nr_ptes, 0);
}

static void test_only_tables_nobody_needs_are_freed(void **state)
{
	u32 at, pid = lab_process(1, &at), base = 0x50000000, i;

	/* 12 MiB and a page on each side: parts of two tables, three whole ones */
	OP(MMAP, pid, base - PAGE_SIZE, (12 << 20) + PAGES(2), RW_PROT, MAP_PRIVATE | MAP_FIXED);
	for (i = 0; i < 4; i++)
		OP(WRITE, pid, base - PAGE_SIZE + i * (4u << 20), i);
	OP(WRITE, pid, base + (12 << 20), 5);
	assert_int_equal(task(pid).nr_ptes, 5);
	OP(MUNMAP, pid, base, 8 << 20);
	assert_int_equal(task(pid).nr_ptes, 3);
	assert_int_equal(OP(READ, pid, base - PAGE_SIZE), 0);
	OP_FAILS(SEGV, READ, pid, base + (8 << 20) - PAGE_SIZE);
	assert_int_equal(OP(READ, pid, base + (12 << 20) - PAGE_SIZE), 3);
	/* Half of a table's range is gone, a vma needs the other half. */
	OP(MUNMAP, pid, base + (8 << 20), 2 << 20);
	assert_int_equal(task(pid).nr_ptes, 3);
	OP(MUNMAP, pid, base + (10 << 20), 2 << 20);
	assert_int_equal(task(pid).nr_ptes, 2);
}

/* -- the TLB --------------------------------------------------------------------------------- */

/* kswapd's cpu takes a page away: the process on the other cpu must not use it any more. */
static void test_unmapping_reaches_the_other_cpu(void **state)
{
	u32 at, pid = lab_process(1, &at), pfn;

	OP(WRITE, pid, at, 42);
	pfn = lab_pfn(pid, at);
	assert_int_equal(pte_pfn(tlb_lookup(m->cpus[0], at)), pfn);
	assert_int_equal(thread_by_pid(m, pid)->mm->cpu_vm_mask, 1);
	swap_out(pid, at);
	assert_int_equal(tlb_lookup(m->cpus[0], at), 0);
	assert_int_equal(OP(READ, pid, at), 42);
}

static struct page *shared_page;
static const struct mm_struct *copying_mm;
static u32 freed_under_lock, freed_without;

/* While the page is copied its other user drops it; then whoever copied it is the last. */
static void other_user_goes(const struct event *ev)
{
	if (ev->kind == EV_PAGE_COPY)
		shared_page->count.counter--;
	if (ev->kind != EV_PAGE_FREE || &m->vm->mem_map[ev->a[0]] != shared_page)
		return;
	if (copying_mm->page_table_lock.owner)
		freed_under_lock++;
	else
		freed_without++;
}

static void test_the_old_page_is_dropped_without_the_lock(void **state)
{
	u32 at, pid = lab_process(1, &at), child;

	OP(WRITE, pid, at, 1);
	child = (u32)OP(FORK, pid, 0);
	OP(EXIT, child, 0);
	shared_page = &m->vm->mem_map[lab_pfn(pid, at)];
	copying_mm = thread_by_pid(m, pid)->mm;
	freed_under_lock = freed_without = 0;
	shared_page->count.counter++;
	lab_on_event = other_user_goes;
	OP(WRITE, pid, at, 2);
	lab_on_event = NULL;
	assert_ptr_not_equal(page_of(pid, at), shared_page);
	assert_int_equal(freed_under_lock, 0);
	assert_int_equal(freed_without, 1);
}

static void test_two_processes_take_turns_on_a_cpu(void **state)
{
	u32 at, a = lab_process(1, &at), b = lab_process(1, &at);

	OP(WRITE, a, at, 1);
	OP(WRITE, b, at, 2);
	assert_int_equal(OP(READ, a, at), 1);
	assert_int_equal(OP(READ, b, at), 2);
	assert_int_not_equal(lab_pfn(a, at), lab_pfn(b, at));
	assert_int_equal(m->cpus[0]->cr3 >> PAGE_SHIFT, task(b).pgd_pfn);
}

/* page_referenced does not flush: the processor goes on with its entry and sets nothing. */
static void test_a_stale_young_bit(void **state)
{
	u32 at, pid = lab_process(1, &at), pfn;

	OP(WRITE, pid, at, 42);
	pfn = lab_pfn(pid, at);
	assert_int_equal(OP(REFERENCED, 0, pfn), 1);
	assert_int_equal(raw(pid, at), pfn_pte(pfn, RW_DIRTY & ~_PAGE_ACCESSED));
	OP(READ, pid, at);
	OP(WRITE, pid, at, 43);
	assert_int_equal(OP(REFERENCED, 0, pfn), 0);
}

#define MEMORY_TEST(name) cmocka_unit_test_setup_teardown(name, boot, lab_destroy)
#define SMP_TEST(name) cmocka_unit_test_setup_teardown(name, boot_smp, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MEMORY_TEST(test_reading_maps_the_zero_page),
		MEMORY_TEST(test_writing_makes_a_page),
		MEMORY_TEST(test_writing_after_reading_leaves_the_zero_page),
		MEMORY_TEST(test_touch_counts_its_faults),
		MEMORY_TEST(test_segmentation_faults),
		MEMORY_TEST(test_fault_error_codes),
		MEMORY_TEST(test_beyond_the_end_of_a_file),
		MEMORY_TEST(test_a_shared_file_page_is_the_page_of_the_cache),
		MEMORY_TEST(test_shared_means_shared),
		MEMORY_TEST(test_a_private_file_page_is_copied_when_written),
		MEMORY_TEST(test_early_cow),
		MEMORY_TEST(test_back_from_the_swap_cache),
		MEMORY_TEST(test_a_write_maps_it_writable_at_once),
		MEMORY_TEST(test_back_from_the_disk),
		MEMORY_TEST(test_unmapping_moves_the_dirty_bit),
		MEMORY_TEST(test_unmapping_what_is_swapped_frees_the_slot),
		MEMORY_TEST(test_locked_memory_is_there_and_stays),
		MEMORY_TEST(test_locked_memory_to_read_is_the_zero_page),
		MEMORY_TEST(test_locking_counts_as_faults),
		MEMORY_TEST(test_locked_memory_that_nobody_may_use),
		MEMORY_TEST(test_a_page_table_knows_its_owner),
		MEMORY_TEST(test_only_tables_nobody_needs_are_freed),
		SMP_TEST(test_unmapping_reaches_the_other_cpu),
		SMP_TEST(test_the_old_page_is_dropped_without_the_lock),
		MEMORY_TEST(test_two_processes_take_turns_on_a_cpu),
		MEMORY_TEST(test_a_stale_young_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
