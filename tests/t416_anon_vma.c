/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * anon_vmas by hand: who is on which list, in which order, what struct page says, and which vmas
 * are visited. The lists follow from the code of 2.6.8: a new vma goes to the front; split_vma
 * makes the lower part a new vma when it splits below, the upper part when it splits above.
 */
#include "vmlab.h"

#include <string.h>

#include "mm/slab.h"
#include "rmap/anon_vma.h"

#define MOST 16
#define RX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define ANON_FIXED (MAP_PRIVATE | MAP_FIXED)

static const char *const rows[] = { "2.6.8", "2.6.9-rc-mm", "2.6.16" };

static void boot(const char *name, u32 cpus)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name(name), .ram = 256 << PAGE_SHIFT,
		.swap = 256 << PAGE_SHIFT, .cpus = cpus, .page_cluster = -1, .seed = 1,
		.events = true, .truth = true,
	});
}

static void assert_sound(void)
{
	struct violation v;

	if (check_machine(m, &v, 1))
		fail_msg("%s: %s", v.invariant, v.text);
}

static void on_every_row(void (*test)(void))
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("# %s\n", rows[i]);
		boot(rows[i], 1);
		test();
		assert_sound();
		lab_destroy(NULL);
	}
}
#define ROW_TEST(name) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		on_every_row(name); \
	}

/* -- eyes ----------------------------------------------------------------------------------- */

static struct page *page_at(u32 who, u32 address)
{
	return &m->vm->mem_map[lab_pfn(who, address)];
}

static struct vm_area_struct *vma_at(u32 who, u32 address)
{
	struct vm_area_struct *vma = thread_by_pid(m, who)->mm->mmap;

	while (vma && vma->vm_end <= address)
		vma = vma->vm_next;
	assert_true(vma && vma->vm_start <= address);
	return vma;
}

struct where {
	u32 pid, start, end;
};

/* The vmas on the list of an anon_vma, in its order. */
static void assert_list(const struct anon_vma *anon_vma, const struct where *want, u32 n)
{
	const struct list_head *pos;
	u32 i = 0;

	list_for_each(pos, &anon_vma->head) {
		const struct vm_area_struct *vma = anon_vma_entry(pos);

		assert_true(i < n);
		assert_ptr_equal(vma->anon_vma, anon_vma);
		assert_int_equal(vma->vm_mm->pid, want[i].pid);
		assert_int_equal(vma->vm_start, want[i].start);
		assert_int_equal(vma->vm_end, want[i].end);
		i++;
	}
	assert_int_equal(i, n);
}
#define LIST(anon_vma, ...) do { \
	const struct where want_[] = { __VA_ARGS__ }; \
	assert_list(anon_vma, want_, ARRAY_SIZE(want_)); \
} while (0)

static u32 anon_vmas(void)
{
	return kmem_cache_in_use(m->vm->anon_vma_cachep);
}

/* What mapping of a page of this anon_vma is, bit for bit. */
static uintptr_t raw_mapping(const struct anon_vma *anon_vma)
{
	return (uintptr_t)anon_vma + (m->vm->kernel->anon_mark == ANON_MAPPING_BIT);
}

/* The raw word: 2.6.8 counts from 0, the others from -1. */
static s32 raw_mapcount(u32 mapped)
{
	return (s32)mapped - (m->vm->kernel->anon_mark == ANON_MAPPING_BIT);
}

static void assert_page(u32 who, u32 address, const struct anon_vma *anon_vma, u32 index,
			u32 mapped)
{
	const struct page *page = page_at(who, address);

	assert_int_equal((uintptr_t)page->mapping, raw_mapping(anon_vma));
	assert_int_equal(page->index, index);
	assert_int_equal(page->mapcount, raw_mapcount(mapped));
	assert_int_equal(test_bit(PG_anon, &page->flags),
			 m->vm->kernel->anon_mark == ANON_FLAG);
}

/* How many vmas page_referenced looks at before it has found every pte. */
static u32 vmas_visited_for(u32 pfn)
{
	u64 before = m->counters.vmas_visited;

	OP(REFERENCED, 0, pfn);
	return (u32)(m->counters.vmas_visited - before);
}

static u32 child_of(u32 who)
{
	return (u32)OP(FORK, who);
}

static u32 anon_process(u32 pages)
{
	u32 who = (u32)OP(TASK, 0);

	OP(MMAP, who, A, PAGES(pages), RW, ANON_FIXED);
	return who;
}

/* -- prepare -------------------------------------------------------------------------------- */

static void the_first_write_gives_a_vma_its_anon_vma(void)
{
	u32 who = anon_process(4);
	struct vm_area_struct *vma = vma_at(who, A);

	assert_null(vma->anon_vma);
	OP(READ, who, A);
	assert_null(vma->anon_vma); /* the zero page needs none */
	OP(WRITE, who, A + PAGE_SIZE, 1);
	assert_non_null(vma->anon_vma);
	assert_int_equal(anon_vmas(), 1);
	LIST(vma->anon_vma, { who, A, A + PAGES(4) });
	/* vm_pgoff of an anonymous vma is its first page: A >> 12, and one more */
	assert_int_equal(vma->vm_pgoff, A >> PAGE_SHIFT);
	assert_page(who, A + PAGE_SIZE, vma->anon_vma, 0x50001, 1);
}
ROW_TEST(the_first_write_gives_a_vma_its_anon_vma)

/* A vma that differs in its rights only may become one with its neighbour, so it takes his. */
static void a_neighbour_shares_his(void)
{
	u32 who = anon_process(2);

	OP(MMAP, who, A + PAGES(2), PAGES(2), RX, ANON_FIXED);
	OP(WRITE, who, A, 1);
	OP(WRITE, who, A + PAGES(2), 1);
	assert_int_equal(anon_vmas(), 1);
	assert_int_equal(lab_count(EV_ANON_VMA_NEW), 2);
	LIST(vma_at(who, A)->anon_vma, { who, A + PAGES(2), A + PAGES(4) },
	     { who, A, A + PAGES(2) });
}
ROW_TEST(a_neighbour_shares_his)

static void one_behind_a_hole_has_his_own(void)
{
	u32 who = anon_process(2);

	OP(MMAP, who, A + PAGES(3), PAGES(2), RW, ANON_FIXED);
	OP(WRITE, who, A, 1);
	OP(WRITE, who, A + PAGES(3), 1);
	assert_int_equal(anon_vmas(), 2);
	LIST(vma_at(who, A)->anon_vma, { who, A, A + PAGES(2) });
	LIST(vma_at(who, A + PAGES(3))->anon_vma, { who, A + PAGES(3), A + PAGES(5) });
}
ROW_TEST(one_behind_a_hole_has_his_own)

/* A private mapping of a file has both: the page of the file by its file, the copy by anon_vma. */
static void a_copy_of_a_file_page_is_anonymous(void)
{
	u32 who = (u32)OP(TASK, 0);
	s64 ino = OP(FILE, 0, PAGES(4));
	const struct vm_area_struct *vma;

	OP(MMAP, who, A, PAGES(2), RW, ANON_FIXED, (u64)ino, PAGES(1));
	vma = vma_at(who, A);
	OP(READ, who, A + PAGE_SIZE);
	assert_null(vma->anon_vma);
	assert_ptr_equal(page_at(who, A + PAGE_SIZE)->mapping, vma_mapping(vma));
	assert_int_equal(page_at(who, A + PAGE_SIZE)->index, 2);
	OP(WRITE, who, A + PAGE_SIZE, 1);
	assert_page(who, A + PAGE_SIZE, vma->anon_vma, 2, 1);
}
ROW_TEST(a_copy_of_a_file_page_is_anonymous)

/* -- fork ----------------------------------------------------------------------------------- */

static void a_child_goes_to_the_front(void)
{
	u32 who = anon_process(2), one, two, end = A + PAGES(2);
	const struct anon_vma *anon_vma;

	OP(WRITE, who, A, 1);
	anon_vma = vma_at(who, A)->anon_vma;
	one = child_of(who);
	two = child_of(who);
	LIST(anon_vma, { two, A, end }, { one, A, end }, { who, A, end });
	assert_int_equal(anon_vmas(), 1);
	assert_page(who, A, anon_vma, 0x50000, 3);

	/* A copy belongs to the same anon_vma, and has the same index. */
	OP(WRITE, one, A, 2);
	assert_page(one, A, anon_vma, 0x50000, 1);
	assert_page(who, A, anon_vma, 0x50000, 2);
	/* It is found at the second vma; the other page at the first and the third. */
	assert_int_equal(vmas_visited_for(lab_pfn(one, A)), 2);
	assert_int_equal(vmas_visited_for(lab_pfn(who, A)), 3);

	OP(EXIT, who);
	LIST(anon_vma, { two, A, end }, { one, A, end });
	OP(EXIT, two);
	assert_int_equal(anon_vmas(), 1);
	OP(EXIT, one);
	assert_int_equal(anon_vmas(), 0);
}
ROW_TEST(a_child_goes_to_the_front)

static void a_vma_that_had_none_is_not_listed(void)
{
	u32 who = anon_process(2), child = child_of(who);

	assert_int_equal(anon_vmas(), 0);
	OP(WRITE, who, A, 1);
	OP(WRITE, child, A, 1);
	assert_int_equal(anon_vmas(), 2); /* not related: both came after the fork */
	LIST(vma_at(who, A)->anon_vma, { who, A, A + PAGES(2) });
	LIST(vma_at(child, A)->anon_vma, { child, A, A + PAGES(2) });
}
ROW_TEST(a_vma_that_had_none_is_not_listed)

/* -- split and merge ------------------------------------------------------------------------ */

static void a_split_lists_all_parts(void)
{
	u32 who = anon_process(6);
	const struct anon_vma *anon_vma;

	OP(TOUCH, who, A, PAGES(6), 1);
	anon_vma = vma_at(who, A)->anon_vma;
	OP(MPROTECT, who, A + PAGES(2), PAGES(2), PROT_READ);
	LIST(anon_vma, { who, A + PAGES(4), A + PAGES(6) }, { who, A, A + PAGES(2) },
	     { who, A + PAGES(2), A + PAGES(4) });
	assert_int_equal(anon_vmas(), 1);
	/* Nothing is written into the pages: vm_pgoff of the parts says where they are. */
	assert_int_equal(vma_at(who, A + PAGES(4))->vm_pgoff, 0x50004);
	assert_page(who, A + PAGES(5), anon_vma, 0x50005, 1);
	assert_int_equal(vmas_visited_for(lab_pfn(who, A + PAGES(5))), 1);
	assert_int_equal(vmas_visited_for(lab_pfn(who, A + PAGES(1))), 2);
	assert_int_equal(vmas_visited_for(lab_pfn(who, A + PAGES(3))), 3);
}
ROW_TEST(a_split_lists_all_parts)

static void what_was_split_becomes_one_again(void)
{
	u32 who = anon_process(6);
	const struct anon_vma *anon_vma;

	OP(TOUCH, who, A, PAGES(6), 1);
	anon_vma = vma_at(who, A)->anon_vma;
	OP(MPROTECT, who, A + PAGES(2), PAGES(2), PROT_READ);
	OP(MPROTECT, who, A + PAGES(2), PAGES(2), RW);
	LIST(anon_vma, { who, A, A + PAGES(6) });
	assert_page(who, A + PAGES(5), anon_vma, 0x50005, 1);
	assert_int_equal(vmas_visited_for(lab_pfn(who, A + PAGES(5))), 1);
	assert_int_equal(anon_vmas(), 1);
}
ROW_TEST(what_was_split_becomes_one_again)

/* The part that had no anon_vma gets it with the pages that it takes over. */
static void a_moving_border_takes_the_anon_vma_along(void)
{
	u32 who = anon_process(4);
	const struct anon_vma *anon_vma;

	OP(MPROTECT, who, A, PAGES(2), PROT_READ); /* two vmas, none with an anon_vma */
	OP(TOUCH, who, A + PAGES(2), PAGES(2), 1);
	assert_null(vma_at(who, A)->anon_vma);
	anon_vma = vma_at(who, A + PAGES(2))->anon_vma;
	OP(MPROTECT, who, A + PAGES(2), PAGES(1), PROT_READ); /* the first vma grows by a page */
	LIST(anon_vma, { who, A, A + PAGES(3) }, { who, A + PAGES(3), A + PAGES(4) });
	assert_page(who, A + PAGES(2), anon_vma, 0x50002, 1);
	assert_int_equal(vmas_visited_for(lab_pfn(who, A + PAGES(2))), 1);
}
ROW_TEST(a_moving_border_takes_the_anon_vma_along)

/* All of next vanishes into a vma that had none: it adopts next's, or has imported it before. */
static void a_vma_without_one_swallows_one_with(void)
{
	u32 who = anon_process(4);
	const struct anon_vma *anon_vma;

	OP(MPROTECT, who, A, PAGES(2), PROT_READ);
	OP(TOUCH, who, A + PAGES(2), PAGES(2), 1);
	anon_vma = vma_at(who, A + PAGES(2))->anon_vma;
	OP(MPROTECT, who, A + PAGES(2), PAGES(2), PROT_READ);
	LIST(anon_vma, { who, A, A + PAGES(4) });
	assert_int_equal(anon_vmas(), 1);
	assert_page(who, A + PAGES(3), anon_vma, 0x50003, 1);
}
ROW_TEST(a_vma_without_one_swallows_one_with)

static void different_ones_keep_vmas_apart(void)
{
	u32 who = anon_process(2);

	OP(MMAP, who, A + PAGES(3), PAGES(2), RW, ANON_FIXED);
	OP(WRITE, who, A, 1);
	OP(WRITE, who, A + PAGES(3), 1);
	/* The gap is closed by a vma that could go to either side, not to both. */
	OP(MMAP, who, A + PAGES(2), PAGES(1), RW, ANON_FIXED);
	LIST(vma_at(who, A)->anon_vma, { who, A, A + PAGES(3) });
	LIST(vma_at(who, A + PAGES(3))->anon_vma, { who, A + PAGES(3), A + PAGES(5) });
	assert_int_equal(anon_vmas(), 2);
}
ROW_TEST(different_ones_keep_vmas_apart)

static void unmapping_the_middle_leaves_two(void)
{
	u32 who = anon_process(6);
	const struct anon_vma *anon_vma;

	OP(TOUCH, who, A, PAGES(6), 1);
	anon_vma = vma_at(who, A)->anon_vma;
	OP(MUNMAP, who, A + PAGES(2), PAGES(2));
	assert_true(list_prev(&anon_vma->head) != list_next(&anon_vma->head));
	assert_page(who, A + PAGES(5), anon_vma, 0x50005, 1);
	OP(MUNMAP, who, A, PAGES(2));
	LIST(anon_vma, { who, A + PAGES(4), A + PAGES(6) });
	OP(MUNMAP, who, A + PAGES(4), PAGES(2));
	assert_int_equal(anon_vmas(), 0);
}
ROW_TEST(unmapping_the_middle_leaves_two)

/* -- mremap --------------------------------------------------------------------------------- */

/* vm_pgoff stays, so nothing in the page changes, and nobody copies. */
static void a_moved_page_is_found_at_both_places(void)
{
	u32 who = anon_process(2), child, pfn;
	const struct anon_vma *anon_vma;
	u64 cows;

	OP(WRITE, who, A + PAGE_SIZE, 7);
	anon_vma = vma_at(who, A)->anon_vma;
	child = child_of(who);
	pfn = lab_pfn(who, A + PAGE_SIZE);
	cows = m->counters.pgcow;
	OP(MREMAP, child, A, PAGES(2), PAGES(2), MREMAP_MAYMOVE | MREMAP_FIXED, FAR);
	assert_int_equal(m->counters.pgcow, cows);
	assert_int_equal(lab_pfn(child, FAR + PAGE_SIZE), pfn);
	assert_int_equal(vma_at(child, FAR)->vm_pgoff, A >> PAGE_SHIFT);
	LIST(anon_vma, { child, FAR, FAR + PAGES(2) }, { who, A, A + PAGES(2) });
	assert_page(who, A + PAGE_SIZE, anon_vma, 0x50001, 2);
	OP(REFERENCED, 0, pfn);
	OP(READ, who, A + PAGE_SIZE);
	OP(READ, child, FAR + PAGE_SIZE);
	assert_int_equal(OP(REFERENCED, 0, pfn), 2);
}
ROW_TEST(a_moved_page_is_found_at_both_places)

/* A vma that has no anonymous page yet starts anew at its new place. */
static void an_empty_vma_forgets_where_it_was(void)
{
	u32 who = anon_process(2);

	OP(MREMAP, who, A, PAGES(2), PAGES(2), MREMAP_MAYMOVE | MREMAP_FIXED, FAR);
	assert_int_equal(vma_at(who, FAR)->vm_pgoff, FAR >> PAGE_SHIFT);
	OP(WRITE, who, FAR, 1);
	assert_page(who, FAR, vma_at(who, FAR)->anon_vma, FAR >> PAGE_SHIFT, 1);
}
ROW_TEST(an_empty_vma_forgets_where_it_was)

/* -- what is left of it in the page --------------------------------------------------------- */

/* Up to 2.6.8 mapping is cleared with the last pte; from seed 001 on when the page is freed. */
static void mapping_after_the_last_pte(void)
{
	bool stays = m->vm->kernel->anon_mark == ANON_MAPPING_BIT;
	u32 who = anon_process(2), pfn;
	const struct anon_vma *anon_vma;
	const struct page *page;

	OP(WRITE, who, A + PAGE_SIZE, 7);
	anon_vma = vma_at(who, A)->anon_vma;
	page = page_at(who, A + PAGE_SIZE);
	pfn = lab_pfn(who, A + PAGE_SIZE);
	OP(RECLAIM, 0, 0); /* nothing is wanted, but what waits in pagevecs goes on its list */
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), 0);
	assert_true(page_swapcache_of(m->vm, page));
	assert_int_equal(page->mapcount, raw_mapcount(0));
	assert_int_equal((uintptr_t)page->mapping, stays ? raw_mapping(anon_vma) : 0);
	assert_int_equal(page_anon_of(m->vm, page), stays);
	assert_int_equal(page->index, 0x50001);

	OP(MUNMAP, who, A, PAGES(2));
	OP(RECLAIM, 0, 200);
	assert_int_equal(page_count(page), 0);
	assert_null(page->mapping);
	assert_int_equal(anon_vmas(), 0);
}
ROW_TEST(mapping_after_the_last_pte)

/* -- what try_to_unmap leaves alone, and page_referenced spares ------------------------------- */

static bool is_2_6_16(void)
{
	return !strcmp(m->vm->kernel->name, "2.6.16");
}

/* try_to_unmap as shrink_list calls it, but without asking first. Twice. */
static int first_try, second_try;

static void try_twice(void *arg)
{
	const struct rmap_ops *rmap = rmap_of(VM);
	struct page *page = arg;

	lru_add_drain();
	get_page(page);
	lock_page(page);
	if (rmap->has_map_lock)
		page_map_lock(page);
	first_try = rmap->try_to_unmap(page);
	second_try = rmap->try_to_unmap(page);
	if (rmap->has_map_lock)
		page_map_unlock(page);
	unlock_page(page);
	put_page(page);
}

static void what_was_used_is_not_unmapped(void)
{
	u32 who = anon_process(1), pfn;

	OP(WRITE, who, A, 1);
	pfn = lab_pfn(who, A);
	OP(UNMAP, 0, pfn); /* it is in the swap cache now */
	OP(READ, who, A);
	assert_int_equal(lab_pfn(who, A), pfn);
	lab_run(try_twice, &m->vm->mem_map[pfn]);
	assert_int_equal(first_try, SWAP_FAIL); /* and the accessed bit is gone */
	assert_int_equal(second_try, SWAP_SUCCESS);
}
ROW_TEST(what_was_used_is_not_unmapped)

static void hold(void *page)
{
	get_page((struct page *)page);
}

static void let_go(void *page)
{
	put_page(page);
}

/* Its ptes, the swap cache and reclaim itself may have a page of the swap cache, nobody else: up to
 * 2.6.11, and for get_user_pages. */
static void what_somebody_holds_is_not_unmapped(void)
{
	u32 who = anon_process(1), pfn;

	OP(WRITE, who, A, 1);
	pfn = lab_pfn(who, A);
	OP(REFERENCED, 0, pfn);
	m->config.unchecked = true; /* whose reference is it? nobody's */
	lab_run(hold, page_at(who, A));
	assert_int_equal(OP(UNMAP, 0, pfn), is_2_6_16() ? 0 : 2);
	lab_run(let_go, &m->vm->mem_map[pfn]);
	m->config.unchecked = false;
	if (!is_2_6_16())
		assert_int_equal(OP(UNMAP, 0, pfn), 0);
}
ROW_TEST(what_somebody_holds_is_not_unmapped)

static int without_fault, in_fault;

static void ask_twice(void *arg)
{
	struct page *page = arg;
	struct vm_area_struct *vma =
		anon_vma_entry(list_next(&page_anon_vma(m, page)->head));

	VM->swap_token.mm = vma->vm_mm;
	without_fault = rmap_of(VM)->page_referenced(page, false);
	down_read(&vma->vm_mm->mmap_sem);
	in_fault = rmap_of(VM)->page_referenced(page, false);
	up_read(&vma->vm_mm->mmap_sem);
	VM->swap_token.mm = NULL;
}

/* Whoever has the swap token counts as using its pages, while somebody has its mmap_sem. */
static void the_token_spares_who_is_in_a_fault(void)
{
	u32 who = anon_process(1), pfn;

	OP(WRITE, who, A, 1);
	pfn = lab_pfn(who, A);
	OP(REFERENCED, 0, pfn);
	lab_run(ask_twice, &m->vm->mem_map[pfn]);
	assert_int_equal(without_fault, 0);
	assert_int_equal(in_fault, strcmp(m->vm->kernel->name, "2.6.8") != 0);
}
ROW_TEST(the_token_spares_who_is_in_a_fault)

/* An i386 anon_vma is a lock word and two pointers. */
static void an_anon_vma_takes_twelve_bytes(void)
{
	struct slab_stats stats;
	u32 n;

	for (n = 0; slab_stats(m, n, &stats); n++)
		if (!strcmp(stats.name, "anon_vma"))
			break;
	assert_string_equal(stats.name, "anon_vma");
	assert_int_equal(stats.i386_size, 4 + 2 * 4);
}
ROW_TEST(an_anon_vma_takes_twelve_bytes)

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(test_##name, lab_destroy)
		T(the_first_write_gives_a_vma_its_anon_vma),
		T(a_neighbour_shares_his),
		T(one_behind_a_hole_has_his_own),
		T(a_copy_of_a_file_page_is_anonymous),
		T(a_child_goes_to_the_front),
		T(a_vma_that_had_none_is_not_listed),
		T(a_split_lists_all_parts),
		T(what_was_split_becomes_one_again),
		T(a_moving_border_takes_the_anon_vma_along),
		T(a_vma_without_one_swallows_one_with),
		T(different_ones_keep_vmas_apart),
		T(unmapping_the_middle_leaves_two),
		T(a_moved_page_is_found_at_both_places),
		T(an_empty_vma_forgets_where_it_was),
		T(mapping_after_the_last_pte),
		T(what_was_used_is_not_unmapped),
		T(what_somebody_holds_is_not_unmapped),
		T(the_token_spares_who_is_in_a_fault),
		T(an_anon_vma_takes_twelve_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
