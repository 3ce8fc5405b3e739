/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reclaim without rmap (2.5.26): what becomes of a pte that the walk over page tables comes to,
 * decision by decision, and what else that kernel does not have. What must happen is in the lines
 * that seed 000 deletes, and in facts A.6; where the walk goes is in t343.
 */
#include "scanlab.h"

#include <errno.h>

static u32 pid, at;

static void one_idle_page(u32 swap)
{
	scan_boot(256, swap, 1);
	pid = idle_process(1, &at);
}

enum why {
	VMA_IS_LOCKED, WAS_USED, IS_ACTIVE, IN_OTHER_ZONE, /* spared */
	IS_LOCKED, IS_BEING_WRITTEN, NO_SLOT_LEFT, NO_MEMORY_LEFT, /* failed */
};

/* Why the n-th pte to the page that stayed has stayed. */
static enum why kept(u32 pfn, u32 n)
{
	u32 spared = lab_count_of(EV_SWAP_OUT_SPARE, pfn);
	const struct event *ev = n < spared ? lab_event(EV_SWAP_OUT_SPARE, pfn, n) :
					      lab_event(EV_SWAP_OUT_FAIL, pfn, n - spared);

	return (n < spared ? 0 : 4) + (ev->a[3] << 1 | ev->a[4]);
}

/* -- one pte ------------------------------------------------------------------------------- */

/* To swap without a question to anybody: slot, cache, pte. The pte has the slot's first count, the
 * cache its second. */
static void an_idle_page_gets_a_slot(void **state)
{
	struct page *page;
	u32 pfn;

	one_idle_page(64);
	page = page_of(pid, at);
	pfn = lab_pfn(pid, at);
	assert_int_equal(lap(), 0); /* one is not 32 */
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 1);
	assert_true(pte_of(pid, at).swap && pte_of(pid, at).swap_offset == 1);
	assert_int_equal(m->vm->swap_info[0].swap_map[1], 2);
	assert_true(page->mapping == &m->vm->swapper_space && page->index == 1);
	assert_true(PageDirty(page) && PageUptodate(page) && !PageReferenced(page));
	assert_true(PageLRU(page) && !PageActive(page) && !PageLocked(page));
	assert_int_equal(page_count(page), 1); /* the cache's */
	assert_int_equal(mm_of(pid)->rss, 0);
	assert_int_equal(m->counters.ptes_unmapped, 1);
	assert_int_equal(lab_count(EV_WRITEBACK), 0); /* that is for shrink_cache */
	assert_sound();
}

/* Then it is written, waited for, and freed by shrink_cache, as any page of a cache. */
static void from_there_to_the_disk_and_back(void **state)
{
	u32 pfn;

	scan_boot(256, 64, 1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 4711);
	pfn = lab_pfn(pid, at);
	lap(); /* used: spared */
	assert_int_equal(kept(pfn, 0), WAS_USED);
	lap();
	assert_false(pte_of(pid, at).present);
	lab_forget();
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_int_equal(lab_count_of(EV_WRITEBACK, pfn), 1);
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_int_equal(lab_count_of(EV_WAIT_PAGE, pfn), 1);
	assert_int_equal(OP(RECLAIM, 0, 1), 1);
	assert_int_equal(lab_count_of(EV_SWAPCACHE_DEL, pfn), 1);
	assert_int_equal(m->vm->swap_info[0].swap_map[1], 1); /* the pte's */
	assert_int_equal(OP(READ, pid, at), 4711);
	assert_int_equal(m->counters.pswpout, 1);
	assert_int_equal(m->counters.pswpin, 1);
	assert_sound();
}

/* The bit is cleared and the page hears of it: referenced, the second time active. */
static void a_used_page_is_spared(void **state)
{
	struct page *page;

	scan_boot(256, 64, 1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	page = page_of(pid, at);
	lap();
	assert_true(pte_of(pid, at).present && !pte_of(pid, at).accessed && PageReferenced(page));
	assert_false(PageActive(page));
	tlb_flush_all(m->cpus[0]);
	OP(READ, pid, at);
	lap();
	assert_true(PageActive(page) && !PageReferenced(page));
	assert_true(pte_of(pid, at).present);
	assert_sound();
}

/* The TLB is not told that the bit was cleared: what is used through it does not look used. */
static void the_tlb_keeps_the_bit_to_itself(void **state)
{
	scan_boot(256, 64, 1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 8);
	lap();
	assert_int_equal(OP(READ, pid, at), 8); /* a hit: no bit is set */
	assert_false(pte_of(pid, at).accessed);
	lap();
	assert_true(pte_of(pid, at).swap);
	assert_int_equal(OP(READ, pid, at), 8);
}

/* Everything speaks against the page at once; what is asked first is said. */
struct all_reasons {
	struct page *page;
	u32 *pte;
	struct vm_area_struct *vma;
	zone_t *zone;
};

static void all_reasons_body(void *arg)
{
	struct all_reasons *r = arg;
	zone_t *dma = &VM->zones[ZONE_DMA];

	activate_page(r->page);
	require(trylock_page(r->page));
	SetPageWriteback(r->page);
	r->vma->vm_flags |= VM_LOCKED;
	*r->pte |= _PAGE_ACCESSED;

	lap_for(dma);
	require(*r->pte & _PAGE_ACCESSED); /* not even looked at */
	r->vma->vm_flags &= ~VM_LOCKED;
	lap_for(dma);
	require(!(*r->pte & _PAGE_ACCESSED));
	lap_for(dma);
	spin_lock(&VM->pagemap_lru_lock);
	del_page_from_active_list(r->page);
	add_page_to_inactive_list(r->page);
	spin_unlock(&VM->pagemap_lru_lock);
	lap_for(dma);
	lap_for(r->zone);
	unlock_page(r->page);
	lap_for(r->zone);
	ClearPageWriteback(r->page);
	require(pte_present(*r->pte));
	lap_for(r->zone);
	require(!pte_present(*r->pte));
}

static void the_order_of_the_questions(void **state)
{
	static const enum why order[] = {
		VMA_IS_LOCKED, WAS_USED, IS_ACTIVE, IN_OTHER_ZONE, IS_LOCKED, IS_BEING_WRITTEN,
	};
	struct all_reasons r;
	u32 pfn, i;

	scan_boot_config((struct machine_config){
		.ram = 2 << 20, .swap = 1 << 20, .cpus = 1, .dma_end = 1 << 20,
	});
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	r.page = page_of(pid, at);
	assert_int_equal(page_zone_index(r.page), ZONE_NORMAL);
	r.zone = &m->vm->zones[ZONE_NORMAL];
	r.vma = mm_of(pid)->mmap;
	r.pte = pte_word(pid, at);
	lab_forget();
	lab_run(all_reasons_body, &r);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		assert_int_equal(kept(pfn, i), order[i]);
	assert_int_equal(lab_count(EV_SWAP_OUT_SPARE) + lab_count(EV_SWAP_OUT_FAIL), i);
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 1);
	/* Whether it is locked is only tried, and only when nothing else was in the way. */
	assert_int_equal(lab_count_of(EV_PAGE_TRYLOCK, pfn), 1 + 3);
	assert_sound();
}

/* A locked vma keeps its pages warm: to the active list, and there they stay. */
static void locked_memory_is_marked_accessed(void **state)
{
	struct page *page;

	scan_boot(256, 64, 1);
	pid = (u32)OP(TASK, 0, 0);
	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, RW, MAP_PRIVATE | MAP_LOCKED);
	page = page_of(pid, at);
	lap();
	assert_true(PageReferenced(page) && !PageActive(page));
	lap();
	assert_true(!PageReferenced(page) && PageActive(page));
	lap();
	assert_true(PageReferenced(page) && PageActive(page));
	assert_true(pte_of(pid, at).present);
	assert_sound();
}

/* Put back as it was, dirty bit included; the page knows it is dirty, too. */
static void without_a_slot_the_pte_stays(void **state)
{
	u32 was;

	one_idle_page(0);
	was = pte_of(pid, at).raw;
	assert_true(pte_of(pid, at).dirty);
	lap();
	assert_int_equal(kept(lab_pfn(pid, at), 0), NO_SLOT_LEFT);
	assert_int_equal(pte_of(pid, at).raw, was);
	assert_true(PageDirty(page_of(pid, at)) && !PageLocked(page_of(pid, at)));
	assert_null(page_of(pid, at)->mapping);
	assert_int_equal(mm_of(pid)->rss, 1);
	assert_int_equal(m->counters.ptes_unmapped, 0);
	assert_sound();
}

/* All frames, all nodes in the slab and in the reserve. */
struct famine {
	struct page *page[256];
	void *node[512];
	struct radix_tree_node *pool;
	u32 pages, nodes;
};

static void famine_body(void *arg)
{
	struct famine *f = arg;
	struct page *page;

	f->pool = VM->radix_pool.nodes;
	VM->radix_pool.nodes = NULL;
	current->flags |= PF_MEMDIE;
	while ((page = alloc_page(GFP_KERNEL)))
		f->page[f->pages++] = page;
	while ((f->node[f->nodes] = kmem_cache_alloc(VM->radix_node_cachep, GFP_ATOMIC)))
		f->nodes++;
	lap_for(last_zone());
	while (f->nodes)
		kmem_cache_free(VM->radix_node_cachep, f->node[--f->nodes]);
	while (f->pages)
		__free_page(f->page[--f->pages]);
	current->flags &= ~PF_MEMDIE;
	VM->radix_pool.nodes = f->pool;
}

static void without_a_node_the_pte_stays(void **state)
{
	struct famine f = { 0 };
	u32 was;

	one_idle_page(64);
	was = pte_of(pid, at).raw;
	lab_forget();
	lab_run(famine_body, &f);
	assert_int_equal(kept(lab_pfn(pid, at), 0), NO_MEMORY_LEFT);
	assert_int_equal(pte_of(pid, at).raw, was);
	assert_int_equal(m->vm->swap_info[0].swap_map[1], 0); /* given back */
	assert_int_equal(m->vm->nr_swap_pages, m->vm->total_swap_pages);
	assert_int_equal(m->boot->flags & PF_NOWARN, 0);
	assert_sound();
}

/* A page that others have, too, counts when its last pte goes: then two references are left, that
 * of the cache and the one that is being dropped. */
static void a_shared_page_counts_once(void **state)
{
	const struct event *end;
	struct page *page;
	u32 child, pfn;

	one_idle_page(64);
	child = (u32)OP(FORK, pid);
	page = page_of(pid, at);
	pfn = lab_pfn(pid, at);
	assert_int_equal(page_count(page), 2);
	assert_int_equal(lap(), 0);
	assert_int_equal(lab_event(EV_UNMAP_ONE, pfn, 0)->a[1], pid); /* a child is behind */
	assert_int_equal(lab_event(EV_UNMAP_ONE, pfn, 1)->a[1], child);
	end = lab_first(EV_SWAP_OUT_END);
	assert_int_equal(end->a[0], 32 - 1);
	assert_int_equal(lab_count(EV_SLOT_ALLOC), 1);
	assert_int_equal(m->vm->swap_info[0].swap_map[1], 3); /* two ptes and the cache */
	assert_int_equal(pte_of(child, at).raw, pte_of(pid, at).raw);
	assert_sound();
}

/* -- pages of files ------------------------------------------------------------------------ */

static u32 ino;

/* The first page of a file, mapped, idle. */
static struct page *one_file_page(u32 prot, bool dirty)
{
	u32 *pte;

	scan_boot(256, 64, 1);
	pid = (u32)OP(TASK, 0, 0);
	ino = (u32)OP(FILE, 0, PAGE_SIZE);
	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, prot, MAP_SHARED, ino);
	if (dirty)
		OP(WRITE, pid, at, 5);
	else
		OP(READ, pid, at);
	pte = pte_word(pid, at);
	*pte &= ~_PAGE_ACCESSED;
	tlb_flush_all(m->cpus[0]);
	return page_of(pid, at);
}

static void a_clean_page_of_a_file_leaves_no_trace(void **state)
{
	struct page *page = one_file_page(PROT_READ, false);

	assert_int_equal(lap(), 0);
	assert_int_equal(pte_of(pid, at).raw, 0);
	assert_false(PageDirty(page));
	assert_int_equal(page_count(page), 1);
	assert_int_equal(lab_first(EV_SWAP_OUT_END)->a[0], 32 - 1);
	assert_int_equal(OP(RECLAIM, 0, 1), 1); /* a cache has it, nobody else: freed */
	assert_int_equal(OP(READ, pid, at), 0);
	assert_sound();
}

static void the_dirty_bit_goes_to_the_page(void **state)
{
	struct page *page = one_file_page(RW, true);
	u32 pfn = (u32)(page - m->vm->mem_map);

	assert_false(PageDirty(page));
	lap();
	assert_int_equal(pte_of(pid, at).raw, 0);
	assert_true(PageDirty(page));
	assert_true(lab_event(EV_PAGE_DIRTY, pfn, 0)->number <
		    lab_event(EV_UNMAP_ONE, pfn, 0)->number);
	assert_int_equal(lab_count(EV_SLOT_ALLOC), 0);
	OP(RECLAIM, 0, 1);
	OP(RECLAIM, 0, 1);
	assert_int_equal(OP(RECLAIM, 0, 1), 1);
	assert_int_equal(OP(FILE_READ, 0, ino, 0), 5);
	assert_sound();
}

/* The zero page is reserved: the walk passes it, and does not look at it. */
static void the_zero_page_is_passed(void **state)
{
	scan_boot(256, 64, 1);
	pid = lab_process(4, &at);
	OP(READ, pid, at);
	lap();
	assert_int_equal(m->counters.ptes_scanned, 4);
	assert_int_equal(m->counters.ptes_visited, 0);
	assert_int_equal(pte_of(pid, at).pfn, m->vm->zero_pfn);
	assert_true(pte_of(pid, at).accessed);
}

/* -- what it does not have ----------------------------------------------------------------- */

/* fork protects what can be written. What cannot be written already it leaves alone. */
static void fork_asks_first(void **state)
{
	scan_boot(256, 64, 1);
	pid = lab_process(3, &at);
	OP(TOUCH, pid, at, PAGES(3), 1);
	OP(MPROTECT, pid, at, PAGE_SIZE, PROT_READ);
	lab_forget();
	OP(FORK, pid);
	assert_int_equal(lab_count(EV_PTE_WRPROTECT), 2);
	OP(FORK, pid);
	assert_int_equal(lab_count(EV_PTE_WRPROTECT), 2); /* now all of them are */
	assert_sound();
}

/* 40 bytes for each frame, not 44: of 4,096 frames 40 hold mem_map, where 2.5.27 needs 44. */
static void struct_page_is_smaller(void **state)
{
	u32 reserved;

	scan_boot(4096, 0, 1);
	reserved = m->vm->nr_reserved;
	lab_destroy(NULL);
	lab_boot(4096, 0, 1);
	assert_int_equal(m->vm->nr_reserved - reserved, 4);
	assert_int_equal(m->counters.chain_pages, 0);
}

static void nobody_can_ask(void **state)
{
	struct page_view view;
	u32 pfn;

	one_idle_page(64);
	pfn = lab_pfn(pid, at);
	OP_FAILS(ENOSYS, REFERENCED, 0, pfn);
	OP_FAILS(ENOSYS, UNMAP, 0, pfn);
	assert_true(inspect_page(m, pfn, &view));
	assert_false(view.mapcount_known);
	assert_null(view.word);
	lab_mapped_by(pfn, 1);
	assert_int_equal(inspect_trail(m, pfn, NULL, 0), 0);
}

#define T(name) cmocka_unit_test_teardown(name, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_idle_page_gets_a_slot), T(from_there_to_the_disk_and_back),
		T(a_used_page_is_spared), T(the_tlb_keeps_the_bit_to_itself),
		T(the_order_of_the_questions), T(locked_memory_is_marked_accessed),
		T(without_a_slot_the_pte_stays), T(without_a_node_the_pte_stays),
		T(a_shared_page_counts_once), T(a_clean_page_of_a_file_leaves_no_trace),
		T(the_dirty_bit_goes_to_the_page), T(the_zero_page_is_passed),
		T(fork_asks_first), T(struct_page_is_smaller), T(nobody_can_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
