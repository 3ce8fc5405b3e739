/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unmapping and truncation in every kernel behind 2.5.27, as t202 has it of faults and fork. 2.5.27
 * itself is in t200 and t315.
 */
#include "eras.h"

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
	to_swap(pid, at + PAGE_SIZE);
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
	u32 at, pid = lab_process(1, &at), file = make_file(1), map = map_file(pid, file, 1, 1);
	u32 pfn;

	OP(READ, pid, map);
	pfn = lab_pfn(pid, map);
	settle();
	OP(REFERENCED, 0, pfn);
	OP(READ, pid, map); /* through the TLB, perhaps */
	OP(MPROTECT, pid, map, PAGE_SIZE, PROT_READ);
	OP(READ, pid, map);
	assert_true(pte_raw(pid, map) & _PAGE_ACCESSED);
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
	assert_rss(pid, 0, 0);
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
	assert_int_equal(pte_raw(pid, shared + 0x2000), 0);
	assert_int_equal(pte_raw(child, priv + 0x3000), 0);
	OP_FAILS(BUS, READ, pid, shared + 0x2000);
	OP_FAILS(BUS, READ, child, shared + 0x2000);
	OP_FAILS(BUS, READ, pid, priv + 0x3000);
	OP_FAILS(BUS, WRITE, child, priv + 0x3000, 1);
	assert_rss(pid, 1, 0);
	OP(READ, pid, priv + 0x1000);
	assert_int_equal(mapping_of(file)->nrpages, 1);
	if (era->truncate_count)
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
		assert_int_equal(lab_count(EV_FAULT_RETRY), era->truncate_count);
		assert_int_equal(pte_raw(pid, map), 0);
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

	if (!era->nonlinear)
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
	assert_int_equal(pte_raw(pid, map), pgoff_pte(m->pae, 3));
	assert_int_equal(pte_raw(child, map), pgoff_pte(m->pae, 3));
	assert_int_equal(pte_raw(pid, map + 3 * PAGE_SIZE), 0);
	assert_int_equal(pte_raw((u32)OP(FORK, child, 0), map), pgoff_pte(m->pae, 3));
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
	if (stops && era->truncate_count) {
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

	if (!of_2006() || !era->truncate_count)
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
	assert_int_equal(pte_raw(pid, map + PAGE_SIZE), 0);
}

int main(void)
{
	static const struct era_test each[] = {
		ERA_TEST(unmapping_gives_everything_back),
		ERA_TEST(a_young_pte_leaves_its_mark),
		ERA_TEST(nothing_to_flush),
		BIG_ERA_TEST(a_full_gather_is_flushed),
		BIG_ERA_TEST(the_cpu_is_given_up_between_blocks),
		ERA_TEST(truncation_takes_private_copies_too),
		ERA_TEST(truncation_while_a_fault_has_its_page),
		BIG_ERA_TEST(a_long_truncation),
		ERA_TEST(the_count_skips_addresses),
		ERA_TEST(a_nonlinear_place_keeps_its_number),
		WATCHED_ERA_TEST(each_step_of_truncating_others),
	};

	return eras_run(each, ARRAY_SIZE(each));
}
