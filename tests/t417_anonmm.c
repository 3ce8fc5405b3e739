/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The anonmm of 2.6.7-anonmm: circles and counts through exec, fork and exit; in which order a page
 * is looked for; pages that move on when their mm is gone; and what mremap does to shared pages.
 * Counts: 1 for the mm, 1 for each page that names it, in the head 1 for each member, itself too.
 */
#include "vmlab.h"

#include "mm/slab.h"
#include "rmap/anonmm.h"

#define MOST 16

static u32 first; /* of the circle: the process that exec made */

static int boot(void **state)
{
	(void)state;
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name("2.6.7-anonmm"), .ram = 256 << PAGE_SHIFT,
		.swap = 256 << PAGE_SHIFT, .cpus = 1, .page_cluster = 0, .seed = 1,
		.events = true, .truth = true,
	});
	first = (u32)OP(TASK, 0);
	OP(MMAP, first, A, PAGES(4), RW, MAP_PRIVATE | MAP_FIXED);
	return 0;
}

/* -- eyes ----------------------------------------------------------------------------------- */

static struct page *page_at(u32 who, u32 address)
{
	return &m->vm->mem_map[lab_pfn(who, address)];
}

static struct anonmm *anonmm_of(u32 who)
{
	return thread_by_pid(m, who)->mm->anonmm;
}

static s32 count_of(const struct anonmm *anonmm)
{
	return atomic_read(&anonmm->count);
}

static u32 anonmms(void)
{
	return kmem_cache_in_use(m->vm->anonmm_cachep);
}

static u32 child_of(u32 who)
{
	return (u32)OP(FORK, who);
}

/* Whose mms are in the circle, from the head on; 0: gone. */
static void assert_circle(const struct anonmm *head, const u32 *want, u32 n)
{
	const struct list_head *pos = &head->list;
	u32 i;

	for (i = 0; i < n; i++, pos = list_next(pos)) {
		assert_ptr_equal(anonmm_entry(pos)->head, head);
		assert_int_equal(anonmm_entry(pos)->mm ? anonmm_entry(pos)->mm->pid : 0, want[i]);
	}
	assert_ptr_equal(pos, &head->list);
}
#define CIRCLE(head, ...) do { \
	const u32 want_[] = { __VA_ARGS__ }; \
	assert_circle(head, want_, ARRAY_SIZE(want_)); \
} while (0)

/* What page_referenced looked at, by pid. */
static void assert_visits(u32 pfn, const u32 *want, u32 n)
{
	u32 i;

	lab_forget();
	OP(REFERENCED, 0, pfn);
	assert_int_equal(lab_count_of(EV_MM_VISIT, pfn), n);
	for (i = 0; i < n; i++)
		assert_int_equal(lab_event(EV_MM_VISIT, pfn, i)->a[1], want[i]);
}
#define VISITS(pfn, ...) do { \
	const u32 want_[] = { __VA_ARGS__ }; \
	assert_visits(pfn, want_, ARRAY_SIZE(want_)); \
} while (0)

/* Age the page, then unmap it from everybody; its slot is in their ptes. */
static void unmap_page(u32 pfn)
{
	OP(RECLAIM, 0, 0); /* empty the pagevecs */
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), 0);
}

/* -- circles -------------------------------------------------------------------------------- */

static void exec_makes_a_head_and_fork_adds(void **state)
{
	u32 one, two, other;
	struct anonmm *head = anonmm_of(first);

	assert_int_equal(count_of(head), 2); /* its mm, and itself as a member */
	CIRCLE(head, first);
	one = child_of(first);
	two = child_of(one);
	assert_int_equal(count_of(head), 4);
	assert_int_equal(count_of(anonmm_of(one)), 1);
	assert_int_equal(count_of(anonmm_of(two)), 1);
	CIRCLE(head, first, one, two); /* at the tail */

	other = (u32)OP(TASK, 0);
	CIRCLE(anonmm_of(other), other);
	assert_int_equal(anonmms(), 4);
}

static void pages_keep_an_anonmm_alive(void **state)
{
	struct anonmm *head = anonmm_of(first), *mine;
	u32 one, two;

	OP(TOUCH, first, A, PAGES(2), 1);
	assert_int_equal(count_of(head), 4); /* two pages more */
	one = child_of(first);
	assert_int_equal(count_of(head), 5);
	OP(WRITE, one, A, 1); /* its own copy names it */
	mine = anonmm_of(one);
	assert_int_equal(count_of(mine), 2);
	assert_ptr_equal(page_at(one, A)->mapping, mine);
	assert_ptr_equal(page_at(one, A + PAGE_SIZE)->mapping, head);
	two = child_of(one);

	OP(EXIT, one);
	assert_null(mine->mm);
	assert_int_equal(count_of(mine), 1); /* the page, which two still maps */
	CIRCLE(head, first, 0, two);
	OP(MUNMAP, two, A, PAGES(4));
	CIRCLE(head, first, two); /* freed with its last page */
	assert_int_equal(anonmms(), 2);

	OP(EXIT, first);
	CIRCLE(head, 0, two); /* a head stays as long as there are members: itself, two */
	assert_int_equal(count_of(head), 2);
	OP(EXIT, two);
	assert_int_equal(anonmms(), 0);
}

static void a_page_notes_its_first_mm_and_its_address(void **state)
{
	const struct page *page;
	u32 one;

	OP(WRITE, first, A + PAGE_SIZE + 40, 1);
	page = page_at(first, A + PAGE_SIZE);
	assert_true(test_bit(PG_anon, &page->flags));
	assert_ptr_equal(page->mapping, anonmm_of(first));
	assert_int_equal(page->index, A + PAGE_SIZE); /* an address, not shifted */
	assert_int_equal(page->mapcount, 1);
	one = child_of(first);
	assert_int_equal(page->mapcount, 2);
	OP(EXIT, first);
	assert_int_equal(page->mapcount, 1);
	OP(EXIT, one);
	assert_null(page->mapping);
	assert_false(test_bit(PG_anon, &page->flags));
}

/* -- looking -------------------------------------------------------------------------------- */

/* The noted mm first, then on round the circle from there, until all mappings were found. */
static void the_noted_mm_first_then_the_circle(void **state)
{
	u32 one, two, three, pfn;

	one = child_of(first);
	OP(WRITE, one, A, 1);
	pfn = lab_pfn(one, A);
	VISITS(pfn, one);
	two = child_of(one);
	three = child_of(two);
	VISITS(pfn, one, two, three);
	OP(MUNMAP, two, A, PAGES(1));
	OP(WRITE, two, A + PAGE_SIZE, 1);
	VISITS(pfn, one, two, three); /* two has memory, but not this page */
	OP(MUNMAP, three, A, PAGES(1));
	VISITS(pfn, one); /* nothing is left to be found */
}

/* An mm without a single page is passed by. */
static void an_empty_mm_is_not_looked_into(void **state)
{
	u32 one = child_of(first), two, pfn;

	OP(WRITE, one, A, 1);
	two = child_of(one);
	pfn = lab_pfn(one, A);
	OP(MUNMAP, one, A, PAGES(4));
	assert_int_equal(thread_by_pid(m, one)->mm->rss, 0);
	VISITS(pfn, two);
}

/* A page back from swap may be in a younger mm first: then older ones come later in the circle. */
static void the_circle_goes_all_the_way_round(void **state)
{
	u32 one, two, pfn;

	OP(WRITE, first, A, 5);
	one = child_of(first);
	two = child_of(one);
	unmap_page(lab_pfn(first, A));
	assert_int_equal(OP(READ, one, A), 5);
	pfn = lab_pfn(one, A);
	assert_ptr_equal(m->vm->mem_map[pfn].mapping, anonmm_of(one));
	assert_int_equal(OP(READ, first, A), 5);
	assert_int_equal(OP(READ, two, A), 5);
	/* one is noted; then two and, over the end of the circle, first. */
	VISITS(pfn, one, two, first);
}

static void a_page_moves_on_when_its_mm_is_gone(void **state)
{
	u32 one = child_of(first), two, three, pfn;

	OP(WRITE, one, A, 1);
	pfn = lab_pfn(one, A);
	two = child_of(one);
	three = child_of(two);
	OP(WRITE, two, A, 2);
	OP(EXIT, one);
	assert_int_equal(anonmms(), 4);
	OP(WRITE, two, A + PAGE_SIZE, 2);
	lab_forget();
	OP(REFERENCED, 0, pfn); /* two has a copy: three is the first that has the page */
	assert_int_equal(lab_count_of(EV_ANONMM_MIGRATE, pfn), 1);
	assert_ptr_equal(m->vm->mem_map[pfn].mapping, anonmm_of(three));
	assert_int_equal(anonmms(), 3); /* nothing named it any more */
	CIRCLE(anonmm_of(first), first, two, three);
	VISITS(pfn, three);
}

/* -- mremap --------------------------------------------------------------------------------- */

static void move(u32 who, u32 to)
{
	OP(MREMAP, who, A, PAGES(2), PAGES(2), MREMAP_MAYMOVE | MREMAP_FIXED, to);
}

static void a_page_of_ones_own_just_moves(void **state)
{
	u64 cows;
	u32 pfn;

	OP(WRITE, first, A + PAGE_SIZE, 3);
	pfn = lab_pfn(first, A + PAGE_SIZE);
	cows = m->counters.pgcow;
	move(first, FAR);
	assert_int_equal(m->counters.pgcow, cows);
	assert_int_equal(lab_pfn(first, FAR + PAGE_SIZE), pfn);
	assert_int_equal(m->vm->mem_map[pfn].index, FAR + PAGE_SIZE);
	VISITS(pfn, first);
	assert_int_equal(OP(READ, first, FAR + PAGE_SIZE), 3);
}

/* One address per page: a page that a relative has at the old one is copied before it moves. */
static void a_shared_page_is_copied_before_it_moves(void **state)
{
	u32 pfn, one;
	u64 cows;

	OP(WRITE, first, A, 3);
	OP(WRITE, first, A + PAGE_SIZE, 4);
	one = child_of(first);
	OP(WRITE, one, A + PAGE_SIZE, 5); /* each has its own of the second */
	pfn = lab_pfn(first, A);
	cows = m->counters.pgcow;
	lab_forget();
	move(first, FAR);
	assert_int_equal(m->counters.pgcow, cows + 1);
	assert_int_equal(lab_count_of(EV_ANONMM_MOVE, pfn), 1); /* refused */
	assert_int_equal(lab_event(EV_ANONMM_MOVE, pfn, 0)->a[2], 0);
	assert_int_equal(lab_pfn(one, A), pfn);
	assert_int_not_equal(lab_pfn(first, FAR), pfn);
	assert_int_equal(page_at(first, FAR)->index, FAR);
	assert_int_equal(m->vm->mem_map[pfn].index, A);
	assert_int_equal(OP(READ, first, FAR), 3);
	assert_int_equal(OP(READ, one, A), 3);
}

/* In swap it cannot be seen: whoever comes second, at another address, gets a copy at once. */
static void a_page_in_swap_is_copied_when_it_comes_back(void **state)
{
	u64 cows;
	u32 one;

	OP(WRITE, first, A, 6);
	one = child_of(first);
	unmap_page(lab_pfn(first, A));
	cows = m->counters.pgcow;
	move(first, FAR);
	assert_int_equal(m->counters.pgcow, cows);

	assert_int_equal(OP(READ, one, A), 6);
	assert_int_equal(m->counters.pgcow, cows);
	assert_int_equal(page_at(one, A)->index, A);
	assert_int_equal(OP(READ, first, FAR), 6); /* clashes with what is noted */
	assert_int_equal(m->counters.pgcow, cows + 1);
	assert_int_equal(page_at(first, FAR)->index, FAR);
	assert_int_equal(page_at(one, A)->mapcount, 1);
}

static void the_first_to_come_back_says_where(void **state)
{
	u64 cows;
	u32 one;

	OP(WRITE, first, A, 6);
	one = child_of(first);
	unmap_page(lab_pfn(first, A));
	move(first, FAR);
	cows = m->counters.pgcow;
	assert_int_equal(OP(READ, first, FAR), 6);
	assert_int_equal(m->counters.pgcow, cows);
	assert_int_equal(page_at(first, FAR)->index, FAR);
	assert_int_equal(OP(READ, one, A), 6);
	assert_int_equal(m->counters.pgcow, cows + 1);
	assert_int_not_equal(lab_pfn(one, A), lab_pfn(first, FAR));
}

static void an_anonmm_takes_24_bytes(void **state)
{
	/* count, lock, mm, head, and two pointers of the circle */
	assert_int_equal(I386_ANONMM_SIZE, 4 + 4 + 4 + 4 + 2 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, boot, vmlab_done)
		T(exec_makes_a_head_and_fork_adds),
		T(pages_keep_an_anonmm_alive),
		T(a_page_notes_its_first_mm_and_its_address),
		T(the_noted_mm_first_then_the_circle),
		T(an_empty_mm_is_not_looked_into),
		T(the_circle_goes_all_the_way_round),
		T(a_page_moves_on_when_its_mm_is_gone),
		T(a_page_of_ones_own_just_moves),
		T(a_shared_page_is_copied_before_it_moves),
		T(a_page_in_swap_is_copied_when_it_comes_back),
		T(the_first_to_come_back_says_where),
		T(an_anonmm_takes_24_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
