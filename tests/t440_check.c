/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each invariant is broken by hand once or more, and the checker must name it. Nothing is broken
 * before, and the checker changes nothing.
 */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

#include "i386/mmu.h"
#include "mm/shmem.h"
#include "sim/check.h"
#include "sim/content.h"

#define RW (PROT_READ | PROT_WRITE)
#define MOST 40

/* A machine with something of everything: two processes that share pages, one with memory of its
 * own, a file that is mapped and cached, a page in the swap cache, a page in swap, and shared
 * memory. */
static u32 pid, at, child, map;
static struct inode *shmem; /* an object of shared memory, page 0 and page 30 in memory */

static u32 address(u32 page)
{
	return at + (page << PAGE_SHIFT);
}

static int boot(void **state)
{
	u32 file, i;

	lab_boot_config((struct machine_config){
		.ram = 128 << PAGE_SHIFT, .swap = 128 << PAGE_SHIFT, .cpus = 1, .page_cluster = 0,
		.seed = 1, .events = true, .truth = true, .unchecked = true,
	});
	pid = lab_process(12, &at);
	for (i = 0; i < 8; i++)
		OP(WRITE, pid, address(i), i);
	OP(UNMAP, 0, lab_pfn(pid, address(0)));      /* page 0: in swap */
	OP(RECLAIM, 0, 10);
	OP(TICK, 0, 100000000);
	OP(RECLAIM, 0, 10);
	for (i = 1; i < 8; i++)
		OP(WRITE, pid, address(i), i);
	OP(UNMAP, 0, lab_pfn(pid, address(1)));      /* page 1: in the swap cache, dirty */
	OP(UNMAP, 0, lab_pfn(pid, address(2)));
	OP(READ, pid, address(2));                   /* page 2: mapped and in the swap cache */
	child = (u32)OP(FORK, pid);
	OP(WRITE, child, address(7), 70);            /* page 7: one each; 3 .. 6 are shared */
	file = (u32)OP(FILE, 0, 4 * PAGE_SIZE);
	map = (u32)OP(MMAP, pid, 0, 4 * PAGE_SIZE, RW, MAP_SHARED, file);
	OP(READ, pid, map);
	OP(WRITE, pid, map + PAGE_SIZE, 1);
	OP(FILE_READ, 0, file, 3 * PAGE_SIZE);
	file = (u32)OP(SHMEM, 0, 40 * PAGE_SIZE);
	OP(FILE_WRITE, 0, file, 0, 1);
	OP(FILE_WRITE, 0, file, 30 * PAGE_SIZE, 1); /* with directories */
	shmem = list_entry(list_prev(&m->vm->inodes), struct inode, inodes);
	return 0;
}

/* -- what to break ------------------------------------------------------------------------- */

static struct task_struct *task(void)
{
	return thread_by_pid(m, pid);
}

static struct mm_struct *mm(void)
{
	return task()->mm;
}

static struct page *page_of(u32 who, u32 addr)
{
	return &m->vm->mem_map[lab_pfn(who, addr)];
}

static u32 *pte_of(u32 who, u32 addr)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, who, addr, &pte));
	return (u32 *)machine_ram(m, pte.table_pfn) + (addr >> PAGE_SHIFT & 1023);
}

static struct inode *inode(void)
{
	return list_entry(list_next(&m->vm->inodes), struct inode, inodes);
}

static struct page *cached(struct address_space *mapping)
{
	void *page;

	assert_int_equal(radix_tree_gang_lookup(&mapping->page_tree, &page, 0, 1), 1);
	return page;
}

static struct page *free_page(void)
{
	u32 pfn;

	for (pfn = 0; page_count(&m->vm->mem_map[pfn]); pfn++)
		;
	return &m->vm->mem_map[pfn];
}

static u32 *node_of(const struct page *page)
{
	return (u32 *)((char *)machine_ram(m, 0) + (page->pte_chain - PAGE_OFFSET));
}

static u16 *slot_of(u32 who, u32 addr)
{
	swp_entry_t entry = pte_to_swp_entry(*pte_of(who, addr));

	return &m->vm->swap_info[SWP_TYPE(entry)].swap_map[SWP_OFFSET(entry)];
}

static void idle_with_a_lock(void)
{
	task()->held[0] = (struct held_lock){ .lock = &m->vm->pagemap_lru_lock,
					      .class = LC_PAGEMAP_LRU_LOCK };
	task()->nr_held = 1;
}
static void idle_without_preemption(void) { task()->preempt_count = 1; }
static void lru_lock_left(void) { m->vm->pagemap_lru_lock.owner = 3; }
static void page_table_lock_left(void) { mm()->page_table_lock.owner = 3; }
static void mmap_sem_left(void) { mm()->mmap_sem.count = 1; }
static void device_lock_left(void) { m->vm->swap_info[0].sdev_lock.owner = 1; }
static void file_lock_left(void) { inode()->i_data.page_lock.owner = 2; }

static void free_pages_wrong(void) { m->vm->zones[0].free_pages++; }
static void block_not_marked(void)
{
	struct page *page = free_page();

	while (!page_is_buddy(page))
		page++;
	page->private ^= 1;
}
static void block_forgotten(void)
{
	u32 order = 0;

	while (list_empty(&m->vm->zones[0].free_area[order].free_list))
		order++;
	list_del(list_next(&m->vm->zones[0].free_area[order].free_list));
}
static void free_page_counted(void) { atomic_set(&free_page()->count, 1); }
static void free_page_mapped(void)
{
	*pte_of(pid, address(3)) = pfn_pte((u32)(free_page() - m->vm->mem_map), PAGE_COPY);
}
static void free_page_cached(void) { free_page()->mapping = &inode()->i_data; }

static void count_below_zero(void) { atomic_set(&page_of(pid, address(3))->count, -1); }
static void count_too_high(void) { page_of(pid, address(3))->count.counter++; }
static void count_too_low(void) { page_of(pid, address(3))->count.counter--; }

static void take_a_page(void *unused) { alloc_page(GFP_KERNEL); }
static void page_leaked(void) { lab_run(take_a_page, NULL); }
static void page_lost(void)
{
	struct page *page = free_page();

	while (!page_is_buddy(page))
		page++;
	m->vm->zones[0].free_pages -= 1u << page_buddy_order(page);
	m->vm->zones[0].free_area[page_buddy_order(page)].nr_free--;
	list_del(&page->lru);
}

static void zero_page_on_a_list(void)
{
	m->vm->mem_map[m->vm->zero_pfn].flags |= 1u << PG_lru;
}
static void zero_page_in_a_chain(void)
{
	m->vm->mem_map[m->vm->zero_pfn].pte_chain = page_of(pid, address(3))->pte_chain;
}
static void zero_page_writable(void)
{
	OP(READ, pid, address(10));
	*pte_of(pid, address(10)) |= _PAGE_RW;
}

static void active_counter_wrong(void) { m->vm->nr_active++; }
static void on_the_wrong_list(void)
{
	struct page *page = page_of(pid, address(3));

	page->flags ^= 1u << PG_active;
}
static void off_its_list(void)
{
	struct page *page = page_of(pid, address(3));

	list_del(&page->lru);
	PageActive(page) ? m->vm->nr_active-- : m->vm->nr_inactive--;
}

static void slab_counter_wrong(void) { m->counters.slab_pages++; }
static void slab_flag_lost(void)
{
	u32 pfn;

	for (pfn = 0; !PageSlab(&m->vm->mem_map[pfn]); pfn++)
		;
	m->vm->mem_map[pfn].flags &= ~(1u << PG_slab);
}
static void take_an_object(void *unused) { kmem_cache_alloc(VM->vm_area_cachep, GFP_KERNEL); }
static void object_leaked(void) { lab_run(take_an_object, NULL); }

static void chain_to_nowhere(void) { page_of(pid, address(3))->pte_chain = 0x1234; }
static void chain_into_a_page_table(void)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, pid, at, &pte));
	page_of(pid, address(3))->pte_chain = PAGE_OFFSET + (pte.table_pfn << PAGE_SHIFT);
}
static void chain_in_a_ring(void)
{
	struct page *page = page_of(pid, address(3));

	node_of(page)[0] = page->pte_chain;
}
static void node_without_a_pte(void) { node_of(page_of(pid, address(3)))[1] = 0; }
static void node_lost(void) { m->vm->pte_chain_freelist.total++; }
static void freelist_miscounted(void) { m->vm->pte_chain_freelist.free++; }
static void freelist_to_nowhere(void) { m->vm->pte_chain_freelist.head = 0x1234; }

static void mapping_forgotten(void)
{
	struct page *page = page_of(pid, address(3));

	page->pte_chain = node_of(page)[0];
	m->vm->pte_chain_freelist.total--; /* as if the node had never been */
}
static void mapping_of_another_page(void)
{
	node_of(page_of(pid, address(3)))[1] = node_of(page_of(pid, address(4)))[1];
}
static void mapping_twice(void)
{
	u32 *first = node_of(page_of(pid, address(3)));
	u32 *second = (u32 *)((char *)machine_ram(m, 0) + (first[0] - PAGE_OFFSET));

	second[1] = first[1];
}

static void rss_wrong(void) { mm()->rss++; }
static void map_count_wrong(void) { mm()->map_count++; }
static void total_vm_wrong(void) { mm()->total_vm--; }
static void locked_vm_wrong(void) { mm()->locked_vm = 7; }
static void vma_unaligned(void) { mm()->mmap->vm_end += 100; }
static void vma_overlaps(void) { mm()->mmap->vm_next->vm_start -= PAGE_SIZE; }
static void inode_count_wrong(void) { inode()->i_count++; }
static void vma_off_its_file(void)
{
	list_del(list_next(&inode()->i_data.i_mmap_shared));
}
static void vma_on_the_wrong_list(void)
{
	struct list_head *vma = list_next(&inode()->i_data.i_mmap_shared);

	list_del(vma);
	list_add(vma, &inode()->i_data.i_mmap);
}
static void name_off_its_list(void) { list_del(&inode()->d_lru); }
static void pte_outside(void) { *pte_of(pid, address(20)) = *pte_of(pid, address(3)); }
static void pte_writes_where_the_vma_may_not(void)
{
	*pte_of(child, address(7)) |= _PAGE_RW;
	thread_by_pid(m, child)->mm->mmap->vm_flags &= ~VM_WRITE;
}
static void nr_ptes_wrong(void) { mm()->nr_ptes++; }
static void table_of_another(void)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, pid, at, &pte));
	m->vm->mem_map[pte.table_pfn].index += pmd_size(m);
}
static void table_forgotten(void)
{
	((u32 *)machine_ram(m, mm()->pgd_pfn))[table_index_of(m, at)] = 0;
}
static void kernel_space_mapped(void)
{
	u32 *pgd = machine_ram(m, mm()->pgd_pfn);

	pgd[800] = pgd[table_index_of(m, at)];
}
static void pte_to_no_frame(void) { *pte_of(pid, address(3)) = 5000u << PAGE_SHIFT | PAGE_COPY; }
static void shared_page_writable(void) { *pte_of(pid, address(3)) |= _PAGE_RW; }
static void file_page_writable(void)
{
	u32 private = (u32)OP(MMAP, pid, 0, PAGE_SIZE, RW, MAP_PRIVATE, 1, 2 * PAGE_SIZE);

	OP(READ, pid, private);
	*pte_of(pid, private) |= _PAGE_RW;
}
static void slot_shared_page_writable(void)
{
	OP(WRITE, child, address(2), 1);
	*pte_of(pid, address(2)) |= _PAGE_RW;
	m->vm->swap_info[0].swap_map[page_of(pid, address(2))->index & 0x7ffffff] = 2;
}

static void tlb_may_write(void)
{
	OP(READ, pid, address(3));
	m->cpus[0]->tlb[(address(3) >> PAGE_SHIFT) % TLB_SETS].entry[0] |= _PAGE_RW;
	if (!tlb_lookup(m->cpus[0], address(3)))
		fail();
}
static void tlb_not_flushed(void)
{
	OP(WRITE, pid, address(7), 3);
	assert_int_not_equal(tlb_lookup(m->cpus[0], address(7)), 0);
	*pte_of(pid, address(7)) &= ~_PAGE_PRESENT;
}
static void tlb_of_a_dead_mm(void) { m->cpus[0]->cr3 = free_page() - m->vm->mem_map; }

static void mmlist_miscounted(void) { m->vm->mmlist_nr++; }
static void mm_off_the_list(void)
{
	list_del(&mm()->mmlist);
	m->vm->mmlist_nr--;
}

static void nrpages_wrong(void) { inode()->i_data.nrpages++; }
static void page_off_the_lists(void) { list_del(&cached(&inode()->i_data)->list); }
static void page_of_another_index(void) { cached(&inode()->i_data)->index += 50; }
static void page_without_mapping(void) { cached(&inode()->i_data)->mapping = NULL; }
static void page_not_in_the_index(void)
{
	current = m->boot;
	radix_tree_delete(&m->vm->swapper_space.page_tree, cached(&m->vm->swapper_space)->index);
}

static void swap_page_never_read(void)
{
	cached(&m->vm->swapper_space)->flags &= ~(1u << PG_uptodate);
}
static void swap_page_without_slot(void) { page_of(pid, address(2))->index = 0; }
static void slot_counted_once_too_often(void) { ++*slot_of(pid, address(0)); }
static void slot_counted_once_too_little(void) { --*slot_of(pid, address(0)); }
static void shared_page_in_and_out(void) { SHMEM_I(shmem)->i_direct[0].val = 9; }
static void swapped_miscounted(void) { SHMEM_I(shmem)->swapped++; }
static void no_directory(void) { SHMEM_I(shmem)->i_indirect = lab_pfn(pid, address(3)); }
static void header_in_use(void) { m->vm->swap_info[0].swap_map[0] = 1; }
static void count_out_of_range(void) { *slot_of(pid, address(0)) = 0x9000; }
static void pte_to_no_slot(void) { *pte_of(pid, address(0)) = 5000u << 8; }
static void free_slots_wrong(void) { m->vm->nr_swap_pages--; }
static void free_slot_out_of_sight(void) { m->vm->swap_info[0].highest_bit = 5; }

static void clean_file_page_changed(void)
{
	struct page *page = page_of(pid, map);

	assert_false(PageDirty(page));
	m->frame_tag[page - m->vm->mem_map] += 1000;
}
static void dirty_bit_lost(void)
{
	struct page *page = page_of(pid, map + PAGE_SIZE);

	page->flags &= ~(1u << PG_dirty);
	*pte_of(pid, map + PAGE_SIZE) &= ~_PAGE_DIRTY;
}
static void swap_dirty_bit_lost(void)
{
	OP(WRITE, child, address(2), 1);
	OP(WRITE, pid, address(2), 2); /* its page is in the swap cache */
	page_of(pid, address(2))->flags &= ~(1u << PG_dirty);
	*pte_of(pid, address(2)) &= ~_PAGE_DIRTY;
}
static void stored_page_changed(void)
{
	content_touch(m, lab_pfn(child, address(7)));
}
static void stored_page_gone(void) { *pte_of(child, address(7)) = 0; }
static void stored_file_page_changed(void)
{
	content_touch(m, lab_pfn(pid, map + PAGE_SIZE));
}
static void page_locked_for_ever(void) { page_of(pid, address(3))->flags |= 1u << PG_locked; }
static void writeback_without_a_disk(void)
{
	page_of(pid, address(3))->flags |= 1u << PG_writeback;
}

static const struct breakage {
	const char *invariant, *how;
	void (*fn)(void);
} breakages[] = {
#define B(invariant, fn) { invariant, #fn, fn }
	B("idle-holds-nothing", idle_with_a_lock),
	B("idle-holds-nothing", idle_without_preemption),
	B("locks-free", lru_lock_left),
	B("locks-free", page_table_lock_left),
	B("locks-free", mmap_sem_left),
	B("locks-free", device_lock_left),
	B("locks-free", file_lock_left),
	B("buddy-lists", free_pages_wrong),
	B("buddy-lists", block_not_marked),
	B("buddy-lists", block_forgotten),
	B("free-is-unused", free_page_counted),
	B("free-is-unused", free_page_mapped),
	B("free-is-unused", free_page_cached),
	B("count-not-negative", count_below_zero),
	B("count-adds-up", count_too_high),
	B("count-adds-up", count_too_low),
	B("no-leak", page_leaked),
	B("no-leak", page_lost),
	B("reserved-untracked", zero_page_on_a_list),
	B("reserved-untracked", zero_page_in_a_chain),
	B("reserved-untracked", zero_page_writable),
	B("lru-lists", active_counter_wrong),
	B("lru-lists", on_the_wrong_list),
	B("lru-lists", off_its_list),
	B("slab-accounting", slab_counter_wrong),
	B("slab-accounting", slab_flag_lost),
	B("slab-accounting", object_leaked),
	B("rmap-shape", chain_to_nowhere),
	B("rmap-shape", chain_into_a_page_table),
	B("rmap-shape", chain_in_a_ring),
	B("rmap-shape", node_without_a_pte),
	B("rmap-pieces", node_lost),
	B("rmap-pieces", freelist_miscounted),
	B("rmap-pieces", freelist_to_nowhere),
	B("rmap-equals-oracle", mapping_forgotten),
	B("rmap-equals-oracle", mapping_of_another_page),
	B("rmap-equals-oracle", mapping_twice),
	B("rss", rss_wrong),
	B("vmas", map_count_wrong),
	B("vmas", total_vm_wrong),
	B("vmas", locked_vm_wrong),
	B("vmas", vma_unaligned),
	B("vmas", vma_overlaps),
	B("file-vmas", inode_count_wrong),
	B("file-vmas", vma_off_its_file),
	B("file-vmas", vma_on_the_wrong_list),
	B("pte-in-vma", pte_outside),
	B("pte-in-vma", pte_writes_where_the_vma_may_not),
	B("page-tables", nr_ptes_wrong),
	B("page-tables", table_of_another),
	B("page-tables", table_forgotten),
	B("page-tables", kernel_space_mapped),
	B("pte-frame", pte_to_no_frame),
	B("cow", shared_page_writable),
	B("cow", file_page_writable),
	B("cow", slot_shared_page_writable),
	B("tlb", tlb_may_write),
	B("tlb", tlb_not_flushed),
	B("tlb", tlb_of_a_dead_mm),
	B("mmlist", mmlist_miscounted),
	B("mmlist", mm_off_the_list),
	B("page-cache", nrpages_wrong),
	B("page-cache", page_off_the_lists),
	B("page-cache", page_of_another_index),
	B("page-cache", page_without_mapping),
	B("page-cache", page_not_in_the_index),
	B("dcache", name_off_its_list),
	B("swap-cache", swap_page_never_read),
	B("swap-cache", swap_page_without_slot),
	B("shared-memory", shared_page_in_and_out),
	B("shared-memory", swapped_miscounted),
	B("shared-memory", no_directory),
	B("swap-map", shared_page_in_and_out),
	B("swap-map", slot_counted_once_too_often),
	B("swap-map", slot_counted_once_too_little),
	B("swap-map-range", header_in_use),
	B("swap-map-range", count_out_of_range),
	B("swap-map-range", pte_to_no_slot),
	B("swap-free", free_slots_wrong),
	B("swap-free", free_slot_out_of_sight),
	B("clean-is-stored", clean_file_page_changed),
	B("clean-is-stored", dirty_bit_lost),
	B("clean-is-stored", swap_dirty_bit_lost),
	B("content-reachable", stored_page_changed),
	B("content-reachable", stored_page_gone),
	B("content-reachable", stored_file_page_changed),
	B("io", page_locked_for_ever),
	B("io", writeback_without_a_disk),
};

/* -- the tests ----------------------------------------------------------------------------- */

static void expect_whole(const char *when)
{
	struct violation v;

	if (check_machine(m, &v, 1))
		fail_msg("%s: %s: %s", when, v.invariant, v.text);
}

static bool is_named(const char *invariant)
{
	struct violation v[MOST];
	u32 i, n = check_machine(m, v, MOST);

	for (i = 0; i < n && i < MOST; i++)
		if (!strcmp(v[i].invariant, invariant) && v[i].text[0])
			return true;
	print_message("# %u others, the first: %s\n", n, n ? v[0].text : "-");
	return false;
}

static void each_breakage_is_named(void **state)
{
	u32 i, missed = 0;

	for (i = 0; i < ARRAY_SIZE(breakages); i++) {
		const struct breakage *b = &breakages[i];

		boot(NULL);
		expect_whole(b->how);
		b->fn();
		if (!is_named(b->invariant)) {
			print_message("# %s: %s is not named\n", b->how, b->invariant);
			missed++;
		}
		m->hooks = NULL;
		lab_destroy(NULL);
	}
	assert_int_equal(missed, 0);
}

static void each_invariant_is_broken_here(void **state)
{
	const struct invariant_row *row;
	u32 i;

	for (row = invariant_rows; row->name; row++) {
		for (i = 0; i < ARRAY_SIZE(breakages); i++)
			if (!strcmp(breakages[i].invariant, row->name))
				break;
		if (i == ARRAY_SIZE(breakages))
			fail_msg("%s is never broken", row->name);
		assert_non_null(row->sentence);
	}
}

static void checking_changes_nothing(void **state)
{
	char *before, *after;

	boot(NULL);
	before = dump_machine(m);
	expect_whole("a fresh machine");
	after = dump_machine(m);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* A check after an event stops the machine there and then. */
static void a_broken_machine_stops_at_the_event(void **state)
{
	struct op op = { .kind = OP_WRITE };
	char text[2000];

	lab_boot_config((struct machine_config){
		.ram = 64 << PAGE_SHIFT, .swap = 64 << PAGE_SHIFT, .cpus = 1, .page_cluster = 0,
		.seed = 1, .events = true, .check_every_event = true,
	});
	pid = lab_process(4, &at);
	OP(WRITE, pid, at, 1);
	page_of(pid, at)->count.counter = -5;
	op.pid = (u16)pid;
	op.arg[0] = at + PAGE_SIZE;
	lab_forget();
	assert_false(op_run(m, &op));
	assert_int_equal(m->report.kind, REPORT_INVARIANT);
	machine_report(m, text, sizeof(text));
	assert_non_null(strstr(text, "count-not-negative"));
	assert_non_null(strstr(text, "has count -5"));
	assert_true(lab_count(EV_FAULT) == 0);
}

#define T(name) cmocka_unit_test_teardown(name, lab_destroy)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_breakage_is_named),
		T(each_invariant_is_broken_here),
		T(checking_changes_nothing),
		T(a_broken_machine_stops_at_the_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
