/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the review of seed 003 found in the linear swapoff, each as two cpus that race: with the
 * erratum some schedules show the damage, without it none does; and in the patch as posted they
 * show it too.
 */
#include "lab.h"

#include "rmap/rmap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SCHEDULES 600
#define A 0x40000000u
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define RW (PROT_READ | PROT_WRITE)

/* As machine_config.swapoff_errata wants them. */
#define ONLY(erratum) (1u << (erratum))

static void boot_cpus(u32 cpus, u64 seed, const struct swapoff_ops *way, u32 errata)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name("4.0"), .swapoff = way, .swapoff_errata = errata,
		.ram = 256 << PAGE_SHIFT, .swap = 128 << PAGE_SHIFT, .cpus = cpus, .seed = seed,
		.page_cluster = 0, .stress = 2 + (u32)seed % 24, .truth = true, .unchecked = true,
	});
}

static void boot(u64 seed, const struct swapoff_ops *way, u32 errata)
{
	boot_cpus(2, seed, way, errata);
}

/* How a schedule ended: the machine broke, an invariant did, swapoff failed; empty: all is well. */
static char ending[700];

static void look_at_the_end(const struct op *swapoff)
{
	struct violation v;

	ending[0] = 0;
	if (m->report.kind)
		machine_report(m, ending, sizeof(ending));
	else if (swapoff->error)
		snprintf(ending, sizeof(ending), "swapoff: %s", op_error_name(swapoff->error));
	else if (check_machine(m, &v, 1))
		snprintf(ending, sizeof(ending), "%s: %s", v.invariant, v.text);
	lab_destroy(NULL);
}

/* A race: sets up, posts what is to run beside swapoff. */
typedef u32 race_fn(struct op *beside);
#define BESIDE 5

/* In how many schedules the end says so; any other damage fails. NULL: any is looked for. */
static u32 damaged(race_fn *race, const struct swapoff_ops *way, u32 errata, const char *name)
{
	u32 seed, n = 0, i, beside;

	for (seed = 1; seed <= SCHEDULES; seed++) {
		struct op off = { .kind = OP_SWAPOFF }, ops[BESIDE];

		boot(seed, way, errata);
		beside = race(ops);
		assert_true(op_post(m, &off));
		for (i = 0; i < beside; i++)
			op_post(m, &ops[i]);
		op_run_posted(m);
		look_at_the_end(&off);
		if (!ending[0])
			continue;
		n++;
		if (name && !strstr(ending, name))
			fail_msg("seed %u, %s, errata %x: %s", seed, way->name, errata, ending);
	}
	print_message("# %s, errata %x: %u of %u schedules\n", way->name, errata, n, SCHEDULES);
	return n;
}

static void none_is_damaged(race_fn *race)
{
	assert_int_equal(damaged(race, &swapoff_linear, 0, "?"), 0);
	assert_int_equal(damaged(race, &swapoff_quadratic, 0, "?"), 0);
}

static void reclaim_all(void)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		OP(REFILL, 0, 256);
		OP(RECLAIM, 0, 256);
	}
}

/* -- the races -------------------------------------------------------------------------------- */

/* A page that parent and child share is in the swap cache, dirty and never written: what is in its
 * slot is nothing. *pfn is the page. */
static u32 family(u32 *child, u32 *pfn)
{
	u32 parent = (u32)OP(TASK, 0);

	OP(MMAP, parent, A, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, parent, A, 77);
	*child = (u32)OP(FORK, parent);
	*pfn = lab_pfn(parent, A);
	OP(REFERENCED, 0, *pfn);
	assert_int_equal(OP(UNMAP, 0, *pfn), 0);
	return parent;
}

/* While swapoff is on its way from one of them to the other, reclaim unmaps the page again. */
static u32 unmapped_behind_its_back(struct op *beside)
{
	u32 child, pfn;

	family(&child, &pfn);
	beside[0] = (struct op){ .kind = OP_UNMAP, .arg = { pfn } };
	return 1;
}

/* Reclaim, which does not tire: page number *arg is unmapped whenever it is mapped. */
static void unmap_often(void *arg)
{
	struct page *page = pfn_to_page(*(u32 *)arg);
	u32 i;

	for (i = 0; i < 300; i++) {
		if (PageLRU(page) && PageSwapCache(page))
			VM->kernel->vmscan->unmap(page);
		yield();
	}
}

static u32 unmapped_many_times(struct op *beside)
{
	static u32 pfn;
	u32 child;

	(void)beside;
	family(&child, &pfn);
	lab_spawn("reclaim", unmap_often, &pfn);
	return 0;
}

/* The owner wants his page himself, and has it at once: it is still in the swap cache. */
static u32 faulted_meanwhile(struct op *beside)
{
	u32 pid = (u32)OP(TASK, 0), pfn;

	OP(MMAP, pid, A, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, pid, A, 77);
	pfn = lab_pfn(pid, A);
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), 0);
	beside[0] = (struct op){ .kind = OP_WRITE, .pid = (u16)pid, .arg = { A, 78 } };
	return 1;
}

/* The page is unmapped, written if it is dirty, and nobody needs it in the swap cache. */
static void drop_page(struct page *page)
{
	if (PageLRU(page))
		VM->kernel->vmscan->unmap(page);
	lock_page(page);
	if (PageSwapCache(page) && !page_mapped(page) && !PageWriteback(page) &&
	    clear_page_dirty(page)) {
		swap_writepage(page);
		wait_on_page_writeback(page);
		lock_page(page);
	}
	if (PageSwapCache(page) && !page_mapped(page) && !PageWriteback(page) && !PageDirty(page))
		delete_from_swap_cache(page);
	unlock_page(page);
}

/* Reclaim, which is after one slot. */
static void drop_often(void *arg)
{
	u32 i;

	for (i = 0; i < 300; i++) {
		struct page *page = find_get_page(&VM->swapper_space, *(u32 *)arg);

		if (page) {
			drop_page(page);
			page_cache_release(page);
		}
		sleep_on_timeout(NULL, 50000);
	}
}

/* While swapoff reads other pages of the second of them, the page they share is unmapped, written
 * and dropped. */
static u32 freed_behind_its_back(struct op *beside)
{
	u32 parent = (u32)OP(TASK, 0), child, i;
	struct pte_view v;
	static u32 entry;

	(void)beside;
	OP(MMAP, parent, A, PAGES(20), RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, parent, A, 77);
	child = (u32)OP(FORK, parent);
	for (i = 1; i < 20; i++) {
		OP(WRITE, parent, A + PAGES(i), i);
		OP(WRITE, child, A + PAGES(i), i);
	}
	reclaim_all();
	OP(TICK, 0, 1000000000);
	assert_true(inspect_pte(m, parent, A, &v) && v.swap);
	entry = SWP_ENTRY(v.swap_type, v.swap_offset).val;
	lab_spawn("reclaim", drop_often, &entry);
	return 0;
}

/* Shared memory of the size, with a word in its first page, which is in swap and nowhere else. */
static u32 shmem_in_swap(u32 pages)
{
	u32 shmem = (u32)OP(SHMEM, 0, PAGES(pages));

	OP(FILE_WRITE, 0, shmem, 0, 77);
	reclaim_all();
	OP(TICK, 0, 1000000000);
	assert_int_equal(m->vm->swapper_space.nrpages, 0);
	assert_int_equal(m->vm->swap_info[0].inuse_pages, 1);
	return shmem;
}

/* The tree has one item, at the root. A second page comes, and there is a node. */
static u32 the_tree_grows(struct op *beside)
{
	u32 shmem = shmem_in_swap(2);

	beside[0] = (struct op){ .kind = OP_FILE_WRITE, .arg = { shmem, PAGES(1), 78 } };
	return 1;
}

/* -- what comes of them ----------------------------------------------------------------------- */

static void dirty_page_dropped(void **state)
{
	(void)state;
	assert_true(damaged(unmapped_behind_its_back, &swapoff_linear, ONLY(DIRTY_PAGE_DROPPED),
			    "content") > 0);
	none_is_damaged(unmapped_behind_its_back);
}

static void i_less_than_oldi(void **state)
{
	(void)state;
	assert_true(damaged(unmapped_behind_its_back, &swapoff_linear, ONLY(I_LESS_THAN_OLDI),
			    "round and round") > 0);
}

static void continue_keeps_oldi(void **state)
{
	(void)state;
	assert_true(damaged(freed_behind_its_back, &swapoff_linear, ONLY(CONTINUE_KEEPS_OLDI),
			    "round and round") > 0);
	none_is_damaged(freed_behind_its_back);
}

static void swcount_read_early(void **state)
{
	(void)state;
	assert_true(damaged(faulted_meanwhile, &swapoff_linear, ONLY(SWCOUNT_READ_EARLY),
			    "swapoff: ENOMEM") > 0);
	none_is_damaged(faulted_meanwhile);
}

static void max_retries(void **state)
{
	(void)state;
	assert_true(damaged(unmapped_many_times, &swapoff_linear, ONLY(MAX_RETRIES),
			    "swapoff: EBUSY") > 0);
	none_is_damaged(unmapped_many_times);
}

/*
 * Shared memory of 59 pages is in swap, and memory is full of pages of a file that are locked: not
 * all of it can come back. The file is page cache, so that vm_enough_memory thinks it would fit.
 */
static void no_room_for_shared_memory(const struct swapoff_ops *way, u32 errata)
{
	u32 pid, shmem, file, i;

	boot(1, way, errata);
	m->stress = 0;
	pid = (u32)OP(TASK, 0);
	shmem = (u32)OP(SHMEM, 0, PAGES(100));
	for (i = 0; i < 100; i++)
		OP(FILE_WRITE, 0, shmem, PAGES(i), i + 1);
	reclaim_all();
	file = (u32)OP(FILE, 0, PAGES(150));
	OP(MMAP, pid, A, PAGES(150), PROT_READ, MAP_SHARED | MAP_FIXED, file);
	OP(MLOCK, pid, A, PAGES(150));
	m->vm->no_oom = true;
}

static void unlock_not_held(void **state)
{
	const struct swapoff_ops *const ways[] = { &swapoff_linear, &swapoff_linear_v7 };
	struct op off = { .kind = OP_SWAPOFF };
	u32 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		no_room_for_shared_memory(ways[i], i ? 0 : ONLY(UNLOCK_NOT_HELD));
		off.error = 0;
		op_run(m, &off);
		look_at_the_end(&off);
		assert_non_null(strstr(ending, "shmem_swaplist_mutex"));
	}
	no_room_for_shared_memory(&swapoff_linear, 0);
	op_run(m, &off);
	look_at_the_end(&off);
	assert_string_equal(ending, "swapoff: ENOMEM");
}

/*
 * What is missed is an orphan that is none, and is found in the next pass. Not if it is the only
 * one: then nobody notices that the search has come round.
 */
static void deref_retry_missing(void **state)
{
	const u32 missing = ONLY(DEREF_RETRY_MISSING), less = ONLY(I_LESS_THAN_OLDI);

	(void)state;
	assert_true(damaged(the_tree_grows, &swapoff_linear, missing | less,
			    "round and round") > 0);
	assert_int_equal(damaged(the_tree_grows, &swapoff_linear, less, "?"), 0);
	assert_int_equal(damaged(the_tree_grows, &swapoff_linear, missing, "?"), 0);
	none_is_damaged(the_tree_grows);
}

/* The slot of shared memory cannot be read, once; swapoff is told to stop after 20 ms. */
static u32 swapoff_of_unreadable(const struct swapoff_ops *way, u32 errata, struct op *off)
{
	u32 shmem;

	boot_cpus(1, 1, way, errata);
	shmem = shmem_in_swap(1);
	OP(DISK_ERROR, 0, 1, 1, 0, 1, 0);
	*off = (struct op){ .kind = OP_SWAPOFF, .arg = { 0, 20000000 } };
	assert_true(op_run(m, off));
	return shmem;
}

/* As it was, the page stays out, and comes when it can be read; else it is gone with its slot. */
static void goto_removed(void **state)
{
	const struct swapoff_ops *const ways[] = { &swapoff_linear, &swapoff_linear_v7 };
	struct op off, look;
	u32 i;

	(void)state;
	look = (struct op){ .kind = OP_FILE_READ,
			    .arg = { swapoff_of_unreadable(&swapoff_linear, 0, &off) } };
	assert_int_equal(off.error, EINTR);
	assert_true(op_run(m, &look));
	assert_int_equal(look.error, EIO);
	reclaim_all();
	assert_int_equal(OP(FILE_READ, 0, look.arg[0], 0), 77);
	lab_destroy(NULL);
	for (i = 0; i < 2; i++) {
		look = (struct op){ .kind = OP_FILE_READ };
		look.arg[0] = swapoff_of_unreadable(ways[i], i ? 0 : ONLY(GOTO_REMOVED), &off);
		assert_int_equal(off.error, 0);
		op_run(m, &look);
		look_at_the_end(&off);
		assert_non_null(strstr(ending, "content was lost"));
	}
}

static void as_posted_it_has_them(void **state)
{
	(void)state;
	assert_true(swapoff_linear_v7.as_posted);
	assert_true(damaged(unmapped_behind_its_back, &swapoff_linear_v7, 0, NULL) > 0);
	assert_true(damaged(faulted_meanwhile, &swapoff_linear_v7, 0, "swapoff: ENOMEM") > 0);
	assert_true(damaged(the_tree_grows, &swapoff_linear_v7, 0, "round and round") > 0);
}

static void the_errata_have_these_names(void **state)
{
	static const char *const names[] = {
		"dirty-page-dropped", "swcount-read-early", "i-less-than-oldi",
		"continue-keeps-oldi", "max-retries", "unlock-not-held",
		"deref-retry-missing", "goto-removed",
	};
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(swapoff_linear.errata[i], names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dirty_page_dropped),
		cmocka_unit_test(i_less_than_oldi),
		cmocka_unit_test(continue_keeps_oldi),
		cmocka_unit_test(swcount_read_early),
		cmocka_unit_test(max_retries),
		cmocka_unit_test(unlock_not_held),
		cmocka_unit_test(deref_retry_missing),
		cmocka_unit_test(goto_removed),
		cmocka_unit_test(as_posted_it_has_them),
		cmocka_unit_test(the_errata_have_these_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
