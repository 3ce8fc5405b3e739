/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults, fork, zapping and truncation in every kernel behind 2.5.27. What all of them agree on is
 * said once; where they differ the expected value is written down with the version it changed in.
 * 2.5.27 itself is in t200, t220 and t315.
 */
#include "lab.h"

#include <stdio.h>

#include "rmap/rmap.h"
#include "sim/disk.h"

#define RO 0x25u       /* present, user, accessed */
#define RW_DIRTY 0x67u /* and writable, dirty */
#define RW_PROT (PROT_READ | PROT_WRITE)
#define BUS (-7)
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)

static const struct kernel *row;

/* -- the kernels ----------------------------------------------------------------------------- */

static bool of_2006(void)
{
	return row->memory == &memory_2006;
}

/* A pte_chain node for each mapping: up to 2.6.6. */
static bool has_chains(void)
{
	return row->anon_mark < ANON_FLAG;
}

/* -- the machine ----------------------------------------------------------------------------- */

static void boot_with(const void *kernel, u32 ram, u32 cpus)
{
	row = kernel;
	lab_boot_config((struct machine_config){
		.kernel = row, .ram = PAGES(ram), .swap = PAGES(256), .cpus = cpus,
		.page_cluster = 0, .seed = 1, .events = true, .truth = true,
	});
}

static int boot(void **state)
{
	boot_with(*state, 512, 1);
	return 0;
}

static int boot_big(void **state)
{
	boot_with(*state, 4096, 2);
	return 0;
}

/* Every invariant after every event. */
static int boot_watched(void **state)
{
	row = *state;
	lab_boot_config((struct machine_config){
		.kernel = row, .ram = PAGES(64), .swap = PAGES(64), .cpus = 2, .seed = 1,
		.events = true, .truth = true, .check_every_event = true,
	});
	return 0;
}

/* Every invariant, and the end of the machine. */
static int done(void **state)
{
	struct violation v[4];
	u32 n = m ? check_machine(m, v, 4) : 0;

	lab_destroy(state);
	if (n)
		print_error("%s: %s: %s\n", row->name, v[0].invariant, v[0].text);
	return n != 0;
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

static struct page *page_at(u32 pid, u32 address)
{
	return &m->vm->mem_map[lab_pfn(pid, address)];
}

/* rss as files and anonymous memory; kernels with one number have the sum. */
static void assert_rss(u32 pid, u32 files, u32 anon)
{
	struct task_view view = task(pid);

	if (row->rss_by_kind) {
		assert_int_equal(view.file_rss, files);
		assert_int_equal(view.anon_rss, anon);
	} else {
		assert_int_equal(m->vm->kernel->rss_by_kind, false);
		assert_int_equal(view.rss, files + anon);
	}
}

/* rmap and oracle find n mappings of the frame. */
static void assert_mappings(u32 pfn, u32 n)
{
	struct mapping_view maps[8];

	assert_int_equal(inspect_rmap(m, pfn, maps, ARRAY_SIZE(maps)), n);
	assert_int_equal(inspect_mappers(m, pfn, maps, ARRAY_SIZE(maps)), n);
}

static u32 make_file(u32 pages)
{
	struct op op = { .kind = OP_FILE, .arg = { PAGES(pages) }, .text = "data" };

	assert_true(op_run(m, &op));
	return (u32)op.ret;
}

static u32 map_file(u32 pid, u32 file, u32 pages, u32 flags)
{
	return (u32)OP(MMAP, pid, 0, PAGES(pages), RW_PROT, flags, file, 0);
}

static struct address_space *mapping_of(u32 file)
{
	const struct list_head *pos;

	list_for_each(pos, &m->vm->inodes) {
		struct inode *inode = list_entry(pos, struct inode, inodes);

		if (inode->i_ino == file)
			return &inode->i_data;
	}
	fail_msg("no file %u", file);
	return NULL;
}

static struct vm_area_struct *vma_at(u32 pid, u32 address)
{
	struct vm_area_struct *vma = thread_by_pid(m, pid)->mm->mmap;

	while (vma && vma->vm_end <= address)
		vma = vma->vm_next;
	assert_non_null(vma);
	return vma;
}

static void drain(void *unused)
{
	(void)unused;
	lru_add_drain();
}

/* Pages on their way to the lists hold one more reference: bring them there. */
static void settle(void)
{
	lab_run(drain, NULL);
}

/* To swap with it, and out of the swap cache if its slot has other users. */
static void swap_out(u32 pid, u32 address)
{
	u32 pfn = lab_pfn(pid, address);

	settle();
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
	assert_false(pte_present(raw(pid, address)));
}

/* -- anonymous memory ------------------------------------------------------------------------ */

/* Nobody counts the zero page but 2.6.16, in file_rss and with a reference. */
static void reading_maps_the_zero_page(void **state)
{
	u32 at, pid = lab_process(4, &at);
	s32 before = m->vm->mem_map[m->vm->zero_pfn].count.counter;
	u32 counted = row->zero_page_counted;

	OP(READ, pid, at + PAGE_SIZE);
	assert_int_equal(raw(pid, at + PAGE_SIZE), pfn_pte(m->vm->zero_pfn, RO));
	assert_rss(pid, counted, 0);
	assert_int_equal(m->vm->mem_map[m->vm->zero_pfn].count.counter - before, counted);
	assert_int_equal(m->counters.pgfault, 1);
	OP(READ, pid, at + 2 * PAGE_SIZE);
	OP(MUNMAP, pid, at, PAGES(2));
	assert_rss(pid, counted, 0);
	assert_int_equal(m->vm->mem_map[m->vm->zero_pfn].count.counter - before, counted);
}

static void writing_makes_an_active_page(void **state)
{
	u32 at, pid = lab_process(4, &at), pfn;

	OP(WRITE, pid, at, 42);
	pfn = lab_pfn(pid, at);
	assert_int_equal(raw(pid, at), pfn_pte(pfn, RW_DIRTY));
	assert_rss(pid, 0, 1);
	assert_mappings(pfn, 1);
	settle();
	assert_int_equal(page_at(pid, at)->count.counter, 1);
	assert_true(PageLRU(page_at(pid, at)));
	assert_true(PageActive(page_at(pid, at))); /* since 2.5.43 */
	assert_int_equal(PageReferenced(page_at(pid, at)), !of_2006()); /* mark_page_accessed */
	assert_int_equal(OP(READ, pid, at), 42);
	assert_int_equal(m->counters.pgfault, 1);
}

static void writing_after_reading_leaves_the_zero_page(void **state)
{
	u32 at, pid = lab_process(4, &at), pfn;

	OP(READ, pid, at);
	lab_forget();
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	assert_int_equal(lab_event(EV_COW_BREAK, at, 0)->a[1], m->vm->zero_pfn);
	assert_int_equal(lab_count(EV_PAGE_COPY), 0); /* it is cleared, not copied */
	assert_int_equal(lab_count_of(EV_PAGE_CLEAR, pfn), 1);
	assert_rss(pid, 0, 1);
	assert_mappings(pfn, 1);
	assert_int_equal(OP(READ, pid, at), 1);
}

/* -- copy on write --------------------------------------------------------------------------- */

static void the_first_to_write_copies(void **state)
{
	u32 at, pid = lab_process(2, &at), pfn, child;

	OP(WRITE, pid, at, 7);
	pfn = lab_pfn(pid, at);
	child = (u32)OP(FORK, pid, 0);
	assert_int_equal(raw(pid, at) & _PAGE_RW, 0);
	assert_int_equal(lab_pfn(child, at), pfn);
	assert_mappings(pfn, 2);
	assert_rss(pid, 0, 1);
	assert_rss(child, 0, 1);
	lab_forget();
	OP(WRITE, child, at, 8);
	assert_int_equal(lab_count(EV_COW_BREAK), 1);
	assert_mappings(pfn, 1);
	assert_mappings(lab_pfn(child, at), 1);
	assert_rss(child, 0, 1);
	assert_int_equal(OP(READ, pid, at), 7);
	assert_int_equal(OP(READ, child, at), 8);
}

/* Whoever is left keeps the page. But a page that waits in a pagevec has one user more, and up to
 * 2.6.13 it is users that are counted, not mappings. */
static void the_last_to_write_keeps_it(void **state)
{
	u32 at, pid = lab_process(2, &at), child, settled;

	for (settled = 0; settled < 2; settled++, at += PAGE_SIZE) {
		bool keeps = settled || of_2006() || !row->pagevec_size;
		u32 pfn;

		OP(WRITE, pid, at, 7);
		pfn = lab_pfn(pid, at);
		child = (u32)OP(FORK, pid, 0);
		OP(WRITE, child, at, 8);
		assert_mappings(pfn, 1);
		if (settled)
			settle();
		lab_forget();
		OP(WRITE, pid, at, 9);
		assert_int_equal(lab_count(EV_COW_REUSE), keeps);
		assert_int_equal(lab_count(EV_COW_BREAK), !keeps);
		assert_int_equal(lab_pfn(pid, at) == pfn, keeps);
		assert_int_equal(raw(pid, at) & 0xfff, RW_DIRTY);
		assert_int_equal(OP(READ, child, at), 8);
		OP(EXIT, child, 0);
	}
	assert_rss(pid, 0, 2);
}

/* -- files ----------------------------------------------------------------------------------- */

static void a_private_write_copies_at_once(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), map = map_file(pid, file, 4, 2);
	u32 pfn;

	lab_forget();
	OP(WRITE, pid, map, 5);
	pfn = lab_pfn(pid, map);
	assert_int_equal(lab_count(EV_FAULT), 1);
	assert_int_equal(lab_count_of(EV_PAGE_COPY, pfn), 1);
	assert_int_equal(raw(pid, map), pfn_pte(pfn, RW_DIRTY));
	assert_rss(pid, 0, 1);
	assert_mappings(pfn, 1);
	settle();
	assert_true(PageActive(page_at(pid, map)));
	assert_int_equal(page_at(pid, map)->count.counter, 1);
	OP(READ, pid, map + PAGE_SIZE);
	assert_rss(pid, 1, 1);
	assert_mappings(lab_pfn(pid, map + PAGE_SIZE), 1);
	assert_int_equal(raw(pid, map + PAGE_SIZE) & 0xfff, RO);
}

/* The first fault waits for the disk; 2.6.0 calls every fault for a page of a file a major one. */
static void major_faults(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), other = lab_process(1, &at);
	u32 first = map_file(pid, file, 4, MAP_SHARED), second = map_file(other, file, 4, MAP_SHARED);

	OP(READ, pid, first);
	assert_int_equal(thread_by_pid(m, pid)->maj_flt, 1);
	OP(READ, other, second);
	assert_int_equal(thread_by_pid(m, other)->maj_flt, row->anon_mark == ANON_UNMARKED);
	assert_int_equal(m->counters.pgmajfault, 1);
}

/* 2.6.16 leaves to faults what faults can do: a vma without an anonymous page is not copied. */
static void fork_copies_what_faults_would_not_find(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), child, i;
	u32 priv = map_file(pid, file, 4, MAP_PRIVATE), shared = map_file(pid, file, 4, MAP_SHARED);

	for (i = 0; i < 4; i++)
		OP(READ, pid, shared + (i << PAGE_SHIFT));
	OP(WRITE, pid, priv, 1);
	OP(READ, pid, priv + PAGE_SIZE);
	m->counters.ptes_copied = 0;
	child = (u32)OP(FORK, pid, 0);
	assert_int_equal(m->counters.ptes_copied, of_2006() ? 2 : 6);
	assert_int_equal(raw(child, shared) != 0, !of_2006());
	assert_int_equal(lab_pfn(child, priv), lab_pfn(pid, priv));
	assert_int_equal(lab_pfn(child, priv + PAGE_SIZE), lab_pfn(pid, priv + PAGE_SIZE));
	assert_rss(child, of_2006() ? 1 : 5, 1);
	assert_int_equal(OP(READ, child, shared), OP(READ, pid, shared));
	assert_mappings(lab_pfn(child, shared), 2);
}

/* -- swap ------------------------------------------------------------------------------------ */

static void fork_of_a_place_in_swap(void **state)
{
	u32 at, pid = lab_process(2, &at), child, pte;
	struct mm_struct *parent = thread_by_pid(m, pid)->mm, *mm;

	OP(WRITE, pid, at, 7);
	swap_out(pid, at);
	pte = raw(pid, at);
	lab_forget();
	child = (u32)OP(FORK, pid, 0);
	mm = thread_by_pid(m, child)->mm;
	assert_int_equal(raw(child, at), pte);
	assert_int_equal(lab_count(EV_SLOT_DUP), 1);
	assert_rss(child, 0, 0);
	/* Whoever has something in swap is behind its parent on mmlist, in all of them. */
	assert_ptr_equal(list_next(&parent->mmlist), &mm->mmlist);
	assert_int_equal(OP(READ, child, at), 7);
	assert_int_equal(OP(READ, pid, at), 7);
	assert_int_equal(lab_pfn(pid, at), lab_pfn(child, at));
	assert_mappings(lab_pfn(pid, at), 2);
}

/* A write to a page in swap that two share: a second fault up to 2.6.6, later the copy at once. */
static void a_write_swaps_in_and_copies(void **state)
{
	u32 at, pid = lab_process(2, &at), child;

	OP(WRITE, pid, at, 7);
	swap_out(pid, at);
	child = (u32)OP(FORK, pid, 0);
	m->counters.pgfault = 0;
	OP(WRITE, child, at, 8);
	assert_int_equal(m->counters.pgfault, has_chains() ? 2 : 1);
	assert_int_equal(OP(READ, pid, at), 7);
	assert_int_equal(OP(READ, child, at), 8);
	assert_int_not_equal(lab_pfn(pid, at), lab_pfn(child, at));
	assert_rss(child, 0, 1);
}

/* From 2.6.18 on, and here in 2.6.16, the rmap knows the page before the slot loses a user. */
static void the_order_of_swapping_in(void **state)
{
	u32 at, pid = lab_process(2, &at);
	u32 freed, mapped;

	OP(WRITE, pid, at, 7);
	swap_out(pid, at);
	lab_forget();
	OP(READ, pid, at);
	freed = lab_first(EV_SLOT_FREE)->number;
	mapped = lab_first(EV_PTE_SET)->number;
	assert_int_equal(freed < mapped, !of_2006());
	assert_rss(pid, 0, 1);
	assert_int_equal(lab_count(EV_FAULT), 1);
}

/* Alone with its slot: the write fault makes it writable at once. */
static void an_exclusive_page_comes_back_writable(void **state)
{
	u32 at, pid = lab_process(2, &at);

	OP(WRITE, pid, at, 7);
	swap_out(pid, at);
	m->counters.pgfault = 0;
	m->counters.pgcow = 0;
	OP(WRITE, pid, at, 8);
	assert_int_equal(m->counters.pgfault, 1);
	assert_int_equal(m->counters.pgcow, 0);
	assert_int_equal(raw(pid, at) & 0xfff, RW_DIRTY);
	assert_mappings(lab_pfn(pid, at), 1);
}

/* -- zapping --------------------------------------------------------------------------------- */

static void unmapping_gives_everything_back(void **state)
{
	u32 at, pid = lab_process(8, &at), file = make_file(4), map = map_file(pid, file, 4, 1);
	u64 frames;
	u32 i, pfn;

	OP(TOUCH, pid, map, PAGES(4), true);
	settle();
	frames = lab_free_or_for_ever();
	pfn = lab_pfn(pid, map);
	for (i = 0; i < 8; i++)
		OP(WRITE, pid, at + (i << PAGE_SHIFT), i);
	swap_out(pid, at + PAGE_SIZE);
	OP(MUNMAP, pid, at, PAGES(8));
	assert_rss(pid, 4, 0);
	OP(MUNMAP, pid, map, PAGES(4));
	assert_rss(pid, 0, 0);
	assert_mappings(pfn, 0);
	assert_true(PageDirty(&m->vm->mem_map[pfn])); /* the pte's D bit */
	settle();
	assert_true(lab_free_or_for_ever() >= frames);
}

/* A page of a file that was used through its pte is taken for used when the pte goes. */
static void a_young_pte_leaves_its_mark(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(1), map = map_file(pid, file, 1, 1), pfn;

	OP(READ, pid, map);
	pfn = lab_pfn(pid, map);
	settle();
	OP(REFERENCED, 0, pfn);
	OP(READ, pid, map); /* through the TLB, perhaps */
	OP(MPROTECT, pid, map, PAGE_SIZE, PROT_READ);
	OP(READ, pid, map);
	assert_true(raw(pid, map) & _PAGE_ACCESSED);
	lab_forget();
	OP(MUNMAP, pid, map, PAGE_SIZE);
	assert_int_equal(lab_count_of(EV_MARK_ACCESSED, pfn), 1);
}

/* Where nothing was mapped nothing has to be flushed. */
static void nothing_to_flush(void **state)
{
	u32 at, pid = lab_process(8, &at);

	OP(MUNMAP, pid, at, PAGES(4));
	lab_forget();
	OP(MUNMAP, pid, at + 0x4000, PAGES(4));
	assert_int_equal(lab_count(EV_TLB_FLUSH), 0);
}

/* On two cpus 506 pages are gathered before the TLB is flushed and they are freed. */
static void a_full_gather_is_flushed(void **state)
{
	u32 at, pid = lab_process(600, &at);
	const struct event *free;
	u32 zapped;

	OP(TOUCH, pid, at, PAGES(600), true);
	lab_forget();
	OP(MUNMAP, pid, at, PAGES(600));
	free = lab_first(EV_TLB_FLUSH);
	zapped = lab_count_before(EV_PTE_CLEAR, free);
	assert_int_equal(zapped, 506);
	assert_int_equal(lab_count_before(EV_PAGE_FREE, free), 0);
	assert_int_equal(lab_count(EV_PTE_CLEAR), 600);
	assert_int_equal(task(pid).rss, 0);
}

static bool asked;

static void somebody_waits(const struct event *ev)
{
	if (ev->kind != EV_PTE_CLEAR || asked)
		return;
	asked = true;
	current->need_resched = true;
}

/* Up to 2.6.5 a kernel without preemption unmaps without looking up, later 1024 pages at a time. */
static void the_cpu_is_given_up_between_blocks(void **state)
{
	u32 at, pid = lab_process(1500, &at);

	OP(TOUCH, pid, at, PAGES(1500), true);
	lab_forget();
	asked = false;
	lab_on_event = somebody_waits;
	OP(MADVISE, pid, at, PAGES(1500), MADV_DONTNEED);
	lab_on_event = NULL;
	assert_int_equal(lab_count(EV_PTE_CLEAR), 1500);
	assert_int_equal(lab_count_before(EV_YIELD, lab_event(EV_PTE_CLEAR, pid, 1499)),
			 !has_chains());
	if (!has_chains())
		assert_int_equal(lab_count_before(EV_PTE_CLEAR, lab_first(EV_YIELD)), 1024);
	assert_rss(pid, 0, 0);
}

/* -- truncation ------------------------------------------------------------------------------ */

static void truncation_takes_private_copies_too(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), child, pfn;
	u32 priv = map_file(pid, file, 4, MAP_PRIVATE), shared = map_file(pid, file, 4, MAP_SHARED);

	OP(WRITE, pid, shared + 0x2000, 1);
	OP(WRITE, pid, priv + 0x3000, 2);
	OP(READ, pid, priv + 0x1000);
	child = (u32)OP(FORK, pid, 0);
	OP(READ, child, shared + 0x2000);
	pfn = lab_pfn(child, shared + 0x2000);
	OP(TRUNCATE, 0, file, PAGES(2));
	assert_mappings(pfn, 0);
	assert_int_equal(raw(pid, shared + 0x2000), 0);
	assert_int_equal(raw(child, priv + 0x3000), 0);
	OP_FAILS(BUS, READ, pid, shared + 0x2000);
	OP_FAILS(BUS, READ, child, shared + 0x2000);
	OP_FAILS(BUS, READ, pid, priv + 0x3000);
	OP_FAILS(BUS, WRITE, child, priv + 0x3000, 1);
	assert_rss(pid, 1, 0);
	OP(READ, pid, priv + 0x1000);
	assert_int_equal(mapping_of(file)->nrpages, 1);
	if (row->truncate_count)
		assert_int_equal(mapping_of(file)->truncate_count, 1);
}

static u32 race_file;

/* The fault has found its page and not yet mapped it: now the file is cut off. */
static void truncation_overtakes(const struct event *ev)
{
	struct address_space *mapping;

	if (ev->kind != EV_MARK_ACCESSED || !race_file)
		return;
	mapping = mapping_of(race_file);
	race_file = 0;
	do_truncate(mapping->host, 0);
}

/* 2.5.27 maps a page that is in no cache any more. The fault of 2.6 sees that the count has
 * changed, the fault of 4.0 that the page has lost its mapping. */
static void truncation_while_a_fault_has_its_page(void **state)
{
	u32 at, pid = lab_process(1, &at), flags;

	for (flags = MAP_SHARED; flags <= MAP_PRIVATE; flags++) {
		u32 file = make_file(2), map = map_file(pid, file, 2, flags);

		lab_forget();
		race_file = file;
		lab_on_event = truncation_overtakes;
		OP_FAILS(BUS, WRITE, pid, map, 1);
		lab_on_event = NULL;
		assert_int_equal(race_file, 0);
		assert_int_equal(lab_count(EV_FAULT_RETRY), row->truncate_count);
		assert_int_equal(raw(pid, map), 0);
		assert_int_equal(mapping_of(file)->nrpages, 0);
		assert_rss(pid, 0, 0);
	}
}

/* What is at which place of a nonlinear mapping is known to its ptes alone: fork copies them, and
 * from 2.6.6 on truncation leaves the number of a page where it takes it. t236 has the rest. */
static void a_nonlinear_place_keeps_its_number(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), map = map_file(pid, file, 4, 1);
	u32 child, slots = m->counters.pswpout;
	struct mapping_view maps[8];

	if (!row->nonlinear)
		return;
	OP(REMAP_FILE_PAGES, pid, map, PAGES(1), 0, 3, 0);
	OP(WRITE, pid, map, 33);
	assert_int_equal(OP(READ, pid, map + 3 * PAGE_SIZE), 33);
	child = (u32)OP(FORK, pid, 0);
	assert_int_equal(lab_pfn(child, map), lab_pfn(pid, map + 3 * PAGE_SIZE));
	assert_int_equal(inspect_mappers(m, lab_pfn(pid, map), maps, 8), 4);
	if (has_chains())
		return; /* they miss it, as t236 says */
	OP(TRUNCATE, 0, file, PAGES(2));
	assert_int_equal(raw(pid, map), pgoff_to_pte(3));
	assert_int_equal(raw(child, map), pgoff_to_pte(3));
	assert_int_equal(raw(pid, map + 3 * PAGE_SIZE), 0);
	assert_int_equal(raw((u32)OP(FORK, child, 0), map), pgoff_to_pte(3));
	OP_FAILS(BUS, READ, pid, map);
	OP(MUNMAP, pid, map, PAGES(4));
	assert_int_equal(m->counters.pswpout, slots);
}

/* Somebody who sleeps loses his pages to another: nothing is ever wrong on the way. */
static void each_step_of_truncating_others(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), map = map_file(pid, file, 4, 1);
	u32 child;

	OP(WRITE, pid, map_file(pid, file, 4, MAP_PRIVATE), 1);
	OP(TOUCH, pid, map, PAGES(4), true);
	child = (u32)OP(FORK, pid, 0);
	OP(TOUCH, child, map, PAGES(4), true);
	OP(TRUNCATE, 0, file, PAGES(1) + 100);
	OP_FAILS(BUS, READ, child, map + 2 * PAGE_SIZE);
	OP(EXIT, pid, 0);
	OP(EXIT, child, 0);
}

static struct vm_area_struct *watched;
static u32 stopped_at;

static void look_where_it_stopped(const struct event *ev)
{
	somebody_waits(ev);
	if (ev->kind == EV_YIELD && !stopped_at)
		stopped_at = watched->vm_truncate_count;
}

/* With a spinlock held nobody can give up the cpu: 2.6.9 makes others wait for all of it. 2.6.16
 * notes in the vma how far it came, gives up the lock, and comes back to it. */
static void a_long_truncation(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(1500);
	u32 map = map_file(pid, file, 1500, MAP_SHARED);
	bool stops = of_2006();

	OP(TOUCH, pid, map, PAGES(1500), false);
	watched = vma_at(pid, map);
	lab_forget();
	asked = false;
	stopped_at = 0;
	lab_on_event = look_where_it_stopped;
	OP(TRUNCATE, 0, file, 0);
	lab_on_event = NULL;
	assert_int_equal(lab_count_before(EV_YIELD, lab_event(EV_PTE_CLEAR, pid, 1499)), stops);
	if (stops && row->truncate_count) {
		assert_int_equal(stopped_at, map + PAGES(1024));
		assert_int_equal(watched->vm_truncate_count, 1);
		assert_int_equal(mapping_of(file)->truncate_count, 1);
	}
	assert_rss(pid, 0, 0);
	assert_int_equal(mapping_of(file)->nrpages, 0);
}

/* A count that looks like an address would be taken for the place where somebody stopped. */
static void the_count_skips_addresses(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(2), map = map_file(pid, file, 2, 1);

	if (!of_2006() || !row->truncate_count)
		return;
	mapping_of(file)->truncate_count = 0x1fff;
	OP(READ, pid, map);
	OP(TRUNCATE, 0, file, 0);
	assert_int_equal(mapping_of(file)->truncate_count, 0x2001);
	assert_int_equal(vma_at(pid, map)->vm_truncate_count, 0x2001);
	mapping_of(file)->truncate_count = UINT32_MAX;
	OP(TRUNCATE, 0, file, PAGES(2));
	OP(READ, pid, map + PAGE_SIZE);
	OP(TRUNCATE, 0, file, 0);
	assert_int_equal(mapping_of(file)->truncate_count, 1);
	assert_int_equal(vma_at(pid, map)->vm_truncate_count, 1);
	assert_int_equal(raw(pid, map + PAGE_SIZE), 0);
}

/* -- each test for each kernel --------------------------------------------------------------- */

#define TEST(name) { #name, name, boot }
#define BIG_TEST(name) { #name, name, boot_big }

static const struct {
	const char *name;
	CMUnitTestFunction test;
	CMFixtureFunction setup;
} each[] = {
	TEST(reading_maps_the_zero_page),
	TEST(writing_makes_an_active_page),
	TEST(writing_after_reading_leaves_the_zero_page),
	TEST(the_first_to_write_copies),
	TEST(the_last_to_write_keeps_it),
	TEST(a_private_write_copies_at_once),
	TEST(major_faults),
	TEST(fork_copies_what_faults_would_not_find),
	TEST(fork_of_a_place_in_swap),
	TEST(a_write_swaps_in_and_copies),
	TEST(the_order_of_swapping_in),
	TEST(an_exclusive_page_comes_back_writable),
	TEST(unmapping_gives_everything_back),
	TEST(a_young_pte_leaves_its_mark),
	TEST(nothing_to_flush),
	BIG_TEST(a_full_gather_is_flushed),
	BIG_TEST(the_cpu_is_given_up_between_blocks),
	TEST(truncation_takes_private_copies_too),
	TEST(truncation_while_a_fault_has_its_page),
	BIG_TEST(a_long_truncation),
	TEST(the_count_skips_addresses),
	TEST(a_nonlinear_place_keeps_its_number),
	{ "each_step_of_truncating_others", each_step_of_truncating_others, boot_watched },
};

#define MOST_ROWS 12

int main(void)
{
	static struct CMUnitTest tests[MOST_ROWS * ARRAY_SIZE(each)];
	static char names[MOST_ROWS * ARRAY_SIZE(each)][80];
	u32 i, j, n = 0;

	for (i = 0; kernels[i]; i++) {
		for (j = 0; kernels[i]->memory != &memory_2002 && j < ARRAY_SIZE(each); j++, n++) {
			snprintf(names[n], sizeof(names[n]), "%s: %s", kernels[i]->name,
				 each[j].name);
			tests[n] = (struct CMUnitTest){
				.name = names[n], .test_func = each[j].test,
				.setup_func = each[j].setup, .teardown_func = done,
				.initial_state = (void *)(uintptr_t)kernels[i],
			};
		}
	}
	return _cmocka_run_group_tests("tests", tests, n, NULL, NULL);
}
