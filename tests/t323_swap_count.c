/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the users of a swap slot are counted, in each form: a short that ends at 32,767, and a byte
 * that is continued. The figures are those of facts E.1, E.5 (early) and E.5 (late): 62 in the
 * first digit, 127 in each further one.
 */
#include "lab.h"

#include <errno.h>

#include "mm/swap_private.h"
#include "rmap/rmap.h"

static void boot_row(const struct kernel *kernel, u32 ram, u32 swap)
{
	struct machine_config config = {
		.ram = (u64)ram << PAGE_SHIFT, .swap = (u64)swap << PAGE_SHIFT, .cpus = 1,
		.page_cluster = 3, .kernel = kernel, .events = true, .truth = true,
	};

	lab_boot_config(config);
}

static bool bytes(const struct kernel *kernel)
{
	return kernel->swap_map == &swap_map_byte;
}

static void on_each(bool of_bytes, void (*body)(void *))
{
	for (u32 i = 0; kernels[i]; i++) {
		if (bytes(kernels[i]) != of_bytes)
			continue;
		boot_row(kernels[i], 1024, 64);
		lab_run(body, NULL);
		lab_destroy(NULL);
	}
}

/* -- shorts ---------------------------------------------------------------------------------- */

/* One claim from get_swap_page; 32,766 more make it 32,767, and that is for ever. */
static void overflow_body(void *unused)
{
	swp_entry_t entry = get_swap_page();
	u32 i;

	require(swap_map_raw(entry) == 1 && swap_count(entry) == 1);
	for (i = 0; i < 0x7ffd; i++)
		require(swap_duplicate(entry) == 1);
	require(swap_map_raw(entry) == 0x7ffe);
	swap_free(entry);
	require(swap_map_raw(entry) == 0x7ffd);
	for (i = 0; i < 10; i++)
		require(swap_duplicate(entry) == 1);
	require(swap_map_raw(entry) == 0x7fff);
	for (i = 0; i < 0x9000; i++)
		swap_free(entry);
	require(swap_map_raw(entry) == 0x7fff && VM->nr_swap_pages == 62);
	require(VM->swap_overflow == 9); /* said five times */
}

static u32 said;

static void listen(const struct event *ev)
{
	said += ev->kind == EV_SLOT_OVERFLOW;
}

static void a_short_overflows(void **state)
{
	on_each(false, overflow_body);
	boot_row(kernels[0], 1024, 64);
	said = 0;
	lab_on_event = listen;
	lab_run(overflow_body, NULL);
	assert_int_equal(said, 5);
	lab_destroy(NULL);
}

/* The swap cache is one of the users; shared memory is one like others. */
static void short_claims_body(void *unused)
{
	swp_entry_t entry = get_swap_page();

	require(swapcache_prepare(entry) == 0 && swap_map_raw(entry) == 2);
	swap_shmem_alloc(entry);
	require(swap_map_raw(entry) == 3);
	swapcache_free(entry);
	swap_free(entry);
	swap_free(entry);
	require(swap_map_raw(entry) == 0 && VM->nr_swap_pages == 63);
	require(swapcache_prepare(entry) == -ENOENT);
	require(add_swap_count_continuation(entry, GFP_KERNEL) == 0);
}

static void short_claims(void **state)
{
	on_each(false, short_claims_body);
}

/* -- bytes ----------------------------------------------------------------------------------- */

static void byte_claims_body(void *unused)
{
	swp_entry_t entry = get_swap_page(), bad = SWP_ENTRY(0, 0);

	require(swap_map_raw(bad) == 0x3f && swap_count(bad) == 0);
	require(swap_map_raw(entry) == 0x40);
	require(swap_has_cache(entry) && swap_count(entry) == 0);
	require(swapcache_prepare(entry) == -EEXIST);
	require(swap_duplicate(entry) == 1 && swap_map_raw(entry) == 0x41);
	swapcache_free(entry);
	require(swap_map_raw(entry) == 0x01 && !swap_has_cache(entry));
	require(swapcache_prepare(entry) == 0 && swap_map_raw(entry) == 0x41);
	swap_free(entry);
	require(swap_map_raw(entry) == 0x40 && VM->nr_swap_pages == 62);
	swapcache_free(entry);
	require(swap_map_raw(entry) == 0 && VM->nr_swap_pages == 63);
	require(swapcache_prepare(entry) == -ENOENT && swap_duplicate(entry) == 0);
	require(swapcache_prepare(bad) == -ENOENT && swap_duplicate(bad) == 0);
	require(swapcache_prepare(SWP_ENTRY(0, 64)) == -ENOENT); /* beyond the end */
}

static void byte_claims(void **state)
{
	on_each(true, byte_claims_body);
}

/* A slot of a shared memory file: the mark, and nobody else may have it. */
static void shmem_body(void *unused)
{
	swp_entry_t entry = get_swap_page();

	swap_shmem_alloc(entry);
	require(swap_map_raw(entry) == (0xbf | 0x40));
	require(swap_count(entry) == 1 && swap_is_shmem_of(VM, entry));
	require(swap_duplicate(entry) == 0 && swap_map_raw(entry) == (0xbf | 0x40));
	swapcache_free(entry);
	require(swap_map_raw(entry) == 0xbf);
	swap_free(entry);
	require(swap_map_raw(entry) == 0 && VM->nr_swap_pages == 63);
}

static void a_slot_of_shared_memory(void **state)
{
	on_each(true, shmem_body);
}

/* How many pages of further digits so many users need: digits of 63, and then of 128. */
static u32 pages_for(u32 users)
{
	return users < 63 ? 0 : users < 63 * 128 ? 1 : 2;
}

static void continued_body(void *unused)
{
	swp_entry_t entry = get_swap_page(), other = get_swap_page();
	struct swap_info_struct *area = &VM->swap_info[0];
	u32 before = nr_free_pages(), i;

	for (i = 1; i <= 9000; i++) {
		require(swap_duplicate(entry) == 1);
		require(swap_count(entry) == i && swap_has_cache(entry));
		require(area->continued_pages == pages_for(i));
	}
	require(nr_free_pages() == before - 2);
	/* 9000 = 54 + 63 * (14 + 128 * 1) */
	require(swap_map_raw(entry) == (0x80 | 0x40 | 54));
	require(area->continued[0]->map[1] == (0x80 | 14) && area->continued[0]->next->map[1] == 1);
	/* The slot beside it uses the same pages. */
	for (i = 1; i <= 100; i++)
		require(swap_duplicate(other) == 1 && swap_count(other) == i);
	require(area->continued_pages == 2 && swap_count(entry) == 9000);
	for (i = 9000; i--;) {
		swap_free(entry);
		require(swap_count(entry) == i);
	}
	require(swap_map_raw(entry) == 0x40 && swap_count(other) == 100);
	/* And once more, over digits that nobody cleared. */
	for (i = 1; i <= 8200; i++)
		require(swap_duplicate(entry) == 1 && swap_count(entry) == i);
	require(area->continued_pages == 2);
	for (i = 8200; i--;)
		swap_free(entry);
	swapcache_free(entry);
	require(swap_map_raw(entry) == 0 && VM->nr_swap_pages == 62);
	VM->kernel->swap_map->free_more(area);
	require(nr_free_pages() == before);
}

static void a_byte_is_continued(void **state)
{
	on_each(true, continued_body);
}

/* No frame for the digit: 62 stay 62, and with a frame it goes on. */
static void no_memory_body(void *unused)
{
	swp_entry_t entry = get_swap_page();
	struct page *page, *last = NULL;
	u32 i;

	for (i = 0; i < 62; i++)
		require(swap_duplicate(entry) == 1);
	while ((page = alloc_page(GFP_ATOMIC)))
		last = page;
	require(swap_duplicate(entry) == -ENOMEM);
	require(swap_map_raw(entry) == (0x40 | 62) && VM->swap_info[0].continued_pages == 0);
	put_page(last);
	current->flags |= PF_MEMALLOC;
	require(swap_duplicate(entry) == 1 && swap_count(entry) == 63);
	require(swap_map_raw(entry) == (0x80 | 0x40));
	current->flags &= ~PF_MEMALLOC;
}

static void no_memory_for_a_digit(void **state)
{
	on_each(true, no_memory_body);
}

/* -- 200 processes --------------------------------------------------------------------------- */

#define CHILDREN 200

static void make_idle(u32 pfn)
{
	struct page *page = &m->vm->mem_map[pfn];

	assert_int_equal(OP(REFERENCED, 0, pfn) >= 0, 1);
	page->flags &= ~(1u << PG_referenced);
}

/* A page that 201 processes share goes to swap and comes back; nobody loses it, nothing is left. */
static void two_hundred_sharers_on(const struct kernel *kernel)
{
	static u32 child[CHILDREN];
	u32 at, pid, pfn, i;

	boot_row(kernel, 4096, 64);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 4711);
	for (i = 0; i < CHILDREN; i++)
		child[i] = (u32)OP(FORK, pid, 0);
	pfn = lab_pfn(pid, at);
	if (!kernel->vmscan->unmap) {
		lab_destroy(NULL);
		return; /* 2.5.26 comes to each pte one lap later than to the last */
	}
	make_idle(pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
	assert_int_equal(swap_count_of(m->vm, SWP_ENTRY(0, 1)), CHILDREN + 1);
	assert_int_equal(lab_claims(1), CHILDREN + 2);
	assert_int_equal(m->vm->swap_info[0].continued_pages, bytes(kernel));
	for (i = 0; i < 4 && page_count(&m->vm->mem_map[pfn]); i++) {
		OP(RECLAIM, 0, 1); /* written, and then freed */
		OP(TICK, 0, 1000000000);
	}
	assert_int_equal(page_count(&m->vm->mem_map[pfn]), 0);
	/* One more, of a page that is on disk alone. */
	i = (u32)OP(FORK, pid, 0);
	assert_int_equal(OP(READ, i, at), 4711);
	OP(EXIT, i, 0);
	for (i = 0; i < CHILDREN; i++) {
		assert_int_equal(OP(READ, child[i], at), 4711);
		OP(EXIT, child[i], 0);
	}
	assert_int_equal(OP(READ, pid, at), 4711);
	OP(EXIT, pid, 0);
	assert_int_equal(m->vm->nr_swap_pages, 63);
	lab_destroy(NULL);
}

static void two_hundred_sharers(void **state)
{
	for (u32 i = 0; kernels[i]; i++)
		two_hundred_sharers_on(kernels[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_overflows),
		cmocka_unit_test(short_claims),
		cmocka_unit_test(byte_claims),
		cmocka_unit_test(a_slot_of_shared_memory),
		cmocka_unit_test(a_byte_is_continued),
		cmocka_unit_test(no_memory_for_a_digit),
		cmocka_unit_test(two_hundred_sharers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
