/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swapoff on every kernel, in every way: afterwards nothing is lost, the area is gone and every
 * count is exact; or it fails for a reason of its time, and all is as before.
 */
#include "lab.h"

#include <errno.h>
#include <string.h>

#define RAM 256u
#define SHARED 120u /* pages that parent and child have in common, each third one written since */
#define WORD(pid, page) ((pid) << 16 | (page))

static const struct kernel *kernel;
static const struct swapoff_ops *way;

static void boot(u32 ram, u32 swap, u32 cpus)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel, .swapoff = way, .ram = (u64)ram << PAGE_SHIFT,
		.swap = (u64)swap << PAGE_SHIFT, .cpus = cpus, .page_cluster = -1, .seed = 1,
		.events = true, .truth = true,
	});
}

static void each(void (*test)(void))
{
	u32 k, s;

	for (k = 0; kernels[k]; k++)
		for (s = 0; swapoffs[s]; s++) {
			kernel = kernels[k];
			way = swapoffs[s];
			test();
			lab_destroy(NULL);
		}
}

static void write_pages(u32 pid, u32 at, u32 n, u32 step)
{
	u32 i;

	for (i = 0; i < n; i += step)
		OP(WRITE, pid, at + (i << PAGE_SHIFT), WORD(pid, i));
}

static void expect_pages(u32 pid, u32 at, u32 n, u32 step, u32 writer)
{
	u32 i;

	for (i = 0; i < n; i += step)
		assert_int_equal(OP(READ, pid, at + (i << PAGE_SHIFT)), WORD(writer, i));
}

/* Everything that can go goes out. */
static void push_out(void)
{
	u32 i;

	for (i = 0; i < 6; i++) {
		OP(REFILL, 0, RAM);
		OP(RECLAIM, 0, RAM);
	}
	OP(TICK, 0, 1000000000);
}

static u32 used(u32 type)
{
	struct swap_view v[MAX_SWAPFILES];
	u32 i, n = inspect_swap(m, v, MAX_SWAPFILES);

	for (i = 0; i < n; i++)
		if (v[i].type == type)
			return v[i].used;
	return 0;
}

static void family(u32 *parent, u32 *child, u32 *at)
{
	*parent = lab_process(SHARED, at);
	write_pages(*parent, *at, SHARED, 1);
	*child = (u32)OP(FORK, *parent, 0);
	write_pages(*child, *at, SHARED, 3);
}

static void family_is_whole(u32 parent, u32 child, u32 at)
{
	u32 i;

	expect_pages(parent, at, SHARED, 1, parent);
	for (i = 0; i < SHARED; i++)
		assert_int_equal(OP(READ, child, at + (i << PAGE_SHIFT)),
				 WORD(i % 3 ? parent : child, i));
}

/* 2.6: would it fit? By its size, not by what is in it. 2.5 finds out on the way. */
static bool asks_first(void)
{
	return strncmp(kernel->name, "2.5", 3) != 0;
}

/* -- it works --------------------------------------------------------------------------------- */

static void all_comes_back(void)
{
	struct task_view p, c;
	u32 parent, child, at;

	boot(RAM, RAM, 1);
	family(&parent, &child, &at);
	push_out();
	assert_true(used(0) > 20);
	lab_forget();
	OP(SWAPOFF, 0, 0);

	assert_int_equal(lab_count(EV_SWAPOFF), 1);
	assert_int_equal(lab_first(EV_SWAPOFF_END)->a[1], 0);
	assert_int_equal(inspect_swap(m, NULL, 0), 0);
	assert_int_equal(m->vm->nr_swap_pages, 0);
	assert_int_equal(m->vm->total_swap_pages, 0);
	assert_int_equal(m->vm->swap_list_head, -1);
	assert_int_equal(m->vm->swapper_space.nrpages, 0);
	/* No slot, so every page is in memory; and no read is needed to find it. */
	assert_true(inspect_task(m, parent, &p) && inspect_task(m, child, &c));
	assert_int_equal(p.rss, SHARED);
	assert_int_equal(c.rss, SHARED);
	lab_forget();
	family_is_whole(parent, child, at);
	assert_int_equal(lab_count(EV_FAULT), 0);
	OP_FAILS(EINVAL, SWAPOFF, 0, 0);
	OP_FAILS(EINVAL, SWAPOFF, 0, 31);
}

static void test_all_comes_back(void **state)
{
	(void)state;
	each(all_comes_back);
}

/* What an area was charged for is free again, and another one takes its place. */
static void an_area_leaves_nothing_behind(void)
{
	u64 before;
	u32 pid, at;

	boot(RAM, 0, 1);
	before = lab_free_or_for_ever();
	assert_int_equal(OP(SWAPON, 0, 100 << PAGE_SHIFT, (u64)-1), 0);
	OP(SWAPOFF, 0, 0);
	assert_int_equal(lab_free_or_for_ever(), before);
	assert_int_equal(OP(SWAPON, 0, 60 << PAGE_SHIFT, 5), 0);
	assert_int_equal(m->vm->nr_swap_pages, 59);
	pid = lab_process(100, &at);
	write_pages(pid, at, 100, 1);
	push_out();
	if (strcmp(kernel->name, "2.5.26")) /* which swaps out when it has to */
		assert_int_equal(used(0), 59);
}

static void test_an_area_leaves_nothing_behind(void **state)
{
	(void)state;
	each(an_area_leaves_nothing_behind);
}

/*
 * 230 pages of one process and 200 of another do not fit into 256 frames. Slots that come free are
 * nobody's any more, so what comes in can go out again, to the other area: swapoff ends (Rik van
 * Riel, seed 003).
 */
static void under_pressure_into_the_other_area(void)
{
	u32 a, b, at_a, at_b;

	boot(RAM, 400, 1);
	a = lab_process(230, &at_a);
	write_pages(a, at_a, 230, 1);
	b = lab_process(200, &at_b);
	write_pages(b, at_b, 200, 1);
	push_out();
	assert_true(used(0) > 200);
	assert_int_equal(OP(SWAPON, 0, 600 << PAGE_SHIFT, (u64)-1), 1);
	OP(SWAPOFF, 0, 0);
	assert_int_equal(inspect_swap(m, NULL, 0), 1);
	assert_true(used(1) > 100);
	expect_pages(a, at_a, 230, 1, a);
	expect_pages(b, at_b, 200, 1, b);
	assert_int_equal(m->counters.oom_kills, 0);
}

static void test_under_pressure_into_the_other_area(void **state)
{
	(void)state;
	each(under_pressure_into_the_other_area);
}

/* A slot that only the swap cache has, and one that only a process has which is gone by now. */
static void orphans_go_too(void)
{
	u32 parent, child, at, i;

	boot(RAM, RAM, 1);
	family(&parent, &child, &at);
	push_out();
	expect_pages(parent, at, SHARED, 2, parent); /* read: the page is in the cache as well */
	OP(EXIT, child, 0);
	OP(MUNMAP, parent, at, 30 << PAGE_SHIFT);
	OP(SWAPOFF, 0, 0);
	for (i = 30; i < SHARED; i++)
		assert_int_equal(OP(READ, parent, at + (i << PAGE_SHIFT)), WORD(parent, i));
}

/*
 * swapoff has found the slot's page, and waits for its lock behind three others: the owner, who
 * writes, and from 2.6.29 on takes the page out of the swap cache whoever has a reference; then
 * reclaim, which gives it a slot of the other area. That one it must keep: nothing was written yet
 * (68bdc8d64742). The linear way as posted asks for the users of its slot only, and drops it.
 */
static void hold_page_1ms(void *page)
{
	lock_page(page);
	sleep_on_timeout(NULL, 1000000);
	unlock_page(page);
}

static void unmap_when_unlocked(void *page)
{
	wait_on_page_locked(page);
	VM->kernel->vmscan->unmap(page);
}

static void post(struct op *op)
{
	assert_true(op_post(m, op));
}

static void the_page_went_elsewhere(void)
{
	struct op off = { .kind = OP_SWAPOFF }, write, read;
	struct pte_view v;
	struct page *page;
	u32 pid, at, pfn;
	bool late;

	boot(RAM, RAM / 2, 1);
	if (!kernel->vmscan->unmap)
		return;
	OP(SWAPON, 0, (RAM / 2) << PAGE_SHIFT, (u64)-1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, WORD(pid, 1));
	pfn = lab_pfn(pid, at);
	page = &m->vm->mem_map[pfn];
	OP(REFERENCED, 0, pfn);
	OP(UNMAP, 0, pfn);
	assert_true(inspect_pte(m, pid, at, &v) && v.swap && v.swap_type == 0);
	write = (struct op){ .kind = OP_WRITE, .pid = (u16)pid, .arg = { at, WORD(pid, 2) } };
	read = (struct op){ .kind = OP_READ, .pid = (u16)pid, .arg = { at } };
	lab_spawn("holder", hold_page_1ms, page);
	post(&write);
	lab_spawn("reclaim", unmap_when_unlocked, page);
	post(&off);
	op_run_posted(m);
	assert_int_equal(write.error, 0);
	assert_int_equal(off.error, 0);
	late = !strcmp(kernel->name, "4.0"); /* before, it was back in the slot it had had */
	assert_true(inspect_pte(m, pid, at, &v) && (!late || (v.swap && v.swap_type == 1)));
	op_run(m, &read);
	if (late && way->as_posted) /* what checks after each operation is before the read */
		assert_true(m->report.kind == REPORT_CONTENT || m->report.kind == REPORT_INVARIANT);
	else
		assert_int_equal(m->report.kind, REPORT_NONE);
	assert_true(m->report.kind || read.ret == WORD(pid, 2));
}

static void test_the_page_went_elsewhere(void **state)
{
	(void)state;
	each(the_page_went_elsewhere);
}

/* -- it does not ------------------------------------------------------------------------------ */

static void what_does_not_fit_is_refused(void)
{
	struct swap_view before, after;
	u32 parent, child, at, pid;
	u64 reads;

	boot(RAM, RAM * 3, 1);
	if (!asks_first())
		return;
	family(&parent, &child, &at);
	push_out();
	/* Free memory, cache and free swap are less than the area: it has as many slots as RAM has
	 * pages, three times, and these cannot all be free. */
	pid = lab_process(RAM * 2, &at);
	write_pages(pid, at, RAM * 2, 1);
	inspect_swap(m, &before, 1);
	reads = m->counters.pswpin;
	lab_forget();
	OP_FAILS(ENOMEM, SWAPOFF, 0, 0);
	inspect_swap(m, &after, 1);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(m->counters.pswpin, reads);
	assert_int_equal(lab_count(EV_SWAPOFF), 0);
	assert_int_equal(m->vm->nr_swap_pages, (s32)(after.pages - after.used));
	assert_int_equal(m->vm->swap_list_head, 0);
}

static void test_what_does_not_fit_is_refused(void **state)
{
	(void)state;
	each(what_does_not_fit_is_refused);
}

/* Nobody can be killed and memory is short: what has come back is back, and the area is as it was
 * before but for that. 2.5 only finds out on the way. */
static void out_of_memory_on_the_way(void)
{
	u32 a, at, before;

	boot(RAM, RAM * 2, 1);
	if (asks_first())
		return;
	a = lab_process(RAM + 100, &at);
	write_pages(a, at, RAM + 100, 1);
	push_out();
	before = used(0);
	m->vm->no_oom = true;
	OP_FAILS(ENOMEM, SWAPOFF, 0, 0);
	m->vm->no_oom = false;
	assert_true(used(0) < before && used(0) > 50);
	assert_int_equal(m->vm->swap_list_head, 0);
	assert_int_equal(m->vm->nr_swap_pages, (s32)(2 * RAM - 1 - used(0)));
	expect_pages(a, at, RAM + 100, 1, a);
}

static void test_out_of_memory_on_the_way(void **state)
{
	(void)state;
	each(out_of_memory_on_the_way);
}

/* SIGALRM after 1 ms: the disk needs longer than that for a hundred slots. 2.5's own way does not
 * look. */
static void a_signal_interrupts(void)
{
	u32 parent, child, at, before;

	boot(RAM, RAM, 1);
	family(&parent, &child, &at);
	push_out();
	before = used(0);
	if (!asks_first() && way == &swapoff_quadratic) {
		OP(SWAPOFF, 0, 0, 1);
		return;
	}
	OP_FAILS(EINTR, SWAPOFF, 0, 0, 1000000);
	assert_true(used(0) > 0 && used(0) <= before);
	assert_int_equal(m->vm->swap_list_head, 0);
	assert_int_equal(m->vm->nr_swap_pages, (s32)(RAM - 1 - used(0)));
	assert_int_equal(m->vm->total_swap_pages, RAM - 1);
	OP(SWAPOFF, 0, 0); /* the signal was for that call */
	family_is_whole(parent, child, at);
}

static void test_a_signal_interrupts(void **state)
{
	(void)state;
	each(a_signal_interrupts);
}

static void test_orphans_go_too(void **state)
{
	(void)state;
	each(orphans_go_too);
}

/* -- how often the quadratic one searches ------------------------------------------------------ */

#define MMS 5

/* Where a process stands on mmlist, from 0. */
static u32 place_on_mmlist(u32 pid)
{
	struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &m->vm->mmlist) {
		if (list_entry(pos, struct mm_struct, mmlist)->pid == pid)
			return n;
		n++;
	}
	fail_msg("%u is not on mmlist", pid);
	return 0;
}

/*
 * Five processes with a page table each and one page, all in swap, on disk only. A search begins
 * with the mm that had the slot before, and goes round; the first one begins at init_mm, which has
 * no page tables. So the way from p to p' is the places in between, and one call at p, in vain.
 */
static void calls_as_the_list_says(void)
{
	u32 pid[MMS], at, slot, i, place, start = MMS, expected = 0;

	boot(RAM, RAM, 1);
	for (i = 0; i < MMS; i++) {
		pid[i] = lab_process(1, &at);
		OP(WRITE, pid[i], at, i + 1);
	}
	push_out();
	assert_int_equal(m->vm->swapper_space.nrpages, 0);
	for (slot = 1; slot < RAM; slot++)
		for (i = 0; i < MMS; i++) {
			struct pte_view v;

			assert_true(inspect_pte(m, pid[i], at, &v) && v.swap);
			if (v.swap_offset != slot)
				continue;
			place = place_on_mmlist(pid[i]);
			expected += start == MMS ? place + 1 :
				    place == start ? 1 : (place + MMS - start) % MMS + 1;
			start = place;
		}
	OP(SWAPOFF, 0, 0);
	assert_int_equal(m->counters.unuse_pte_range, expected);
}

static void test_quadratic_calls(void **state)
{
	u32 k;

	(void)state;
	for (k = 0; kernels[k]; k++) {
		kernel = kernels[k];
		way = &swapoff_quadratic;
		if (asks_first()) /* 2.5 goes on after a hit */
			calls_as_the_list_says();
		lab_destroy(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_all_comes_back, lab_destroy),
		cmocka_unit_test_teardown(test_an_area_leaves_nothing_behind, lab_destroy),
		cmocka_unit_test_teardown(test_under_pressure_into_the_other_area, lab_destroy),
		cmocka_unit_test_teardown(test_orphans_go_too, lab_destroy),
		cmocka_unit_test_teardown(test_the_page_went_elsewhere, lab_destroy),
		cmocka_unit_test_teardown(test_what_does_not_fit_is_refused, lab_destroy),
		cmocka_unit_test_teardown(test_out_of_memory_on_the_way, lab_destroy),
		cmocka_unit_test_teardown(test_a_signal_interrupts, lab_destroy),
		cmocka_unit_test_teardown(test_quadratic_calls, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
