/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab caches: how many objects share a frame, what is charged, what reaping gives back, and that
 * using an object after it was freed does not go unnoticed.
 */
#include "lab.h"
#include "mm/pgtable.h"

#include <string.h>

struct thing {
	u64 words[7];
};

static kmem_cache_t *cache;

static int boot(void **state)
{
	lab_boot(512, 0, 1);
	return 0;
}

static struct slab_stats stats_of(const char *name)
{
	struct slab_stats s;
	u32 i;

	for (i = 0; slab_stats(m, i, &s); i++)
		if (!strcmp(s.name, name))
			return s;
	fail_msg("no cache %s", name);
	return s;
}

/* -- sizes ----------------------------------------------------------------------------------- */

/*
 * n objects in whole cache lines of 32 bytes (or several to a line), and a header of 24 + 4 n bytes
 * in whole lines: the largest n that fits into 4,096. From 512 bytes on the header is elsewhere.
 */
static const struct { const char *name; u32 size, per_slab; } sizes[] = {
	{ "8", 8, 202 },     /* 16 each: 202 * 16 + 832 = 4064; 203 * 16 + 864 = 4112 */
	{ "32", 32, 113 },   /* 113 * 32 + 480 = 4096 */
	{ "64", 64, 59 },    /* 59 * 64 + 288 = 4064, as /proc/slabinfo had it for vm_area_struct */
	{ "260", 260, 13 },  /* 288 each: 13 * 288 + 96 = 3840; 14 would be 4128 */
	{ "312", 312, 12 },  /* 320 each: 12 * 320 + 96 = 3936 */
	{ "511", 511, 7 },   /* 512 each: 7 * 512 + 64 = 3648; 8 would leave no header */
	{ "512", 512, 8 },   /* its header is elsewhere */
	{ "516", 516, 7 },   /* 544 each: 7 * 544 = 3808 */
	{ "4096", 4096, 1 },
};

static void create_all(void *unused)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		require(kmem_cache_create(sizes[i].name, sizes[i].size, sizes[i].size));
}

static void test_objects_per_slab(void **state)
{
	u32 i;

	lab_run(create_all, NULL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		assert_int_equal(stats_of(sizes[i].name).per_slab, sizes[i].per_slab);
}

static void test_the_kernels_own_caches(void **state)
{
	struct slab_stats s = stats_of("vm_area_struct");

	assert_int_equal(s.i386_size, 64);
	assert_int_equal(s.per_slab, 59);
	s = stats_of("mm_struct");
	assert_int_equal(s.i386_size, 312);
	assert_int_equal(s.per_slab, 12);
}

/* -- objects --------------------------------------------------------------------------------- */

#define MANY 500 /* of 59 to a slab: 8 full slabs and one with 28 */

static struct thing *things[MANY];

static void create(void)
{
	cache = kmem_cache_create("thing", 64, sizeof(struct thing));
}

static void alloc_many(void *unused)
{
	u64 slab_pages = current->machine->counters.slab_pages;
	u32 i, j, free_pages = nr_free_pages();

	create();
	for (i = 0; i < MANY; i++) {
		things[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		require(things[i]);
		for (j = 0; j < ARRAY_SIZE(things[i]->words); j++) {
			require(things[i]->words[j] == 0);
			things[i]->words[j] = i;
		}
		require(kmem_cache_owns(cache, things[i]));
		require(!kmem_cache_owns(cache, (char *)things[i] + 8));
	}
	for (i = 0; i < MANY; i++)
		for (j = 0; j < ARRAY_SIZE(things[i]->words); j++)
			require(things[i]->words[j] == i);
	require(free_pages - nr_free_pages() == 9);
	require(current->machine->counters.slab_pages == slab_pages + 9);
	kmem_cache_free(cache, things[77]);
	require(!kmem_cache_owns(cache, things[77]));
	require(kmem_cache_owns(cache, things[78]));
}

static void test_objects_are_zero_and_apart(void **state)
{
	struct slab_stats s;
	u32 i, slabs = 0;

	lab_run(alloc_many, NULL);
	s = stats_of("thing");
	assert_int_equal(s.active, MANY - 1);
	assert_int_equal(s.slabs, 9);
	assert_int_equal(s.total, 9 * 59);
	for (i = 0; i < m->nr_frames; i++)
		slabs += PageSlab(&m->vm->mem_map[i]);
	assert_int_equal(slabs, m->counters.slab_pages);
}

static void last_freed_first(void *unused)
{
	struct thing *a, *b;

	create();
	a = kmem_cache_alloc(cache, GFP_KERNEL);
	b = kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_free(cache, a);
	kmem_cache_free(cache, b);
	require(kmem_cache_alloc(cache, GFP_KERNEL) == b);
	require(kmem_cache_alloc(cache, GFP_KERNEL) == a);
}

static void test_the_last_freed_is_used_first(void **state)
{
	lab_run(last_freed_first, NULL);
}

static void no_frame(void *unused)
{
	struct thing *thing;

	create();
	current->flags |= PF_MEMALLOC;
	while (alloc_page(0))
		;
	current->flags &= ~PF_MEMALLOC;
	thing = kmem_cache_alloc(cache, GFP_ATOMIC);
	require(!thing);
}

static void test_no_frame_no_object(void **state)
{
	lab_run(no_frame, NULL);
	assert_int_equal(stats_of("thing").slabs, 0);
}

/* -- reaping --------------------------------------------------------------------------------- */

static void reap(void *unused)
{
	u32 i, free_pages;

	create();
	for (i = 0; i < MANY; i++)
		things[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	for (i = 0; i < MANY; i++)
		kmem_cache_free(cache, things[i]);
	free_pages = nr_free_pages();
	require(kmem_cache_reap(GFP_KERNEL) == 0); /* it has grown: left in peace once */
	require(kmem_cache_reap(GFP_KERNEL) == 5); /* half of nine, rounded up */
	require(kmem_cache_reap(GFP_KERNEL) == 2); /* half of four */
	require(kmem_cache_reap(GFP_KERNEL) == 1);
	require(kmem_cache_reap(GFP_KERNEL) == 1);
	require(kmem_cache_reap(GFP_KERNEL) == 0);
	require(nr_free_pages() == free_pages + 9);
}

static void test_reaping_takes_half_of_the_free_slabs(void **state)
{
	lab_run(reap, NULL);
	assert_int_equal(stats_of("thing").slabs, 0);
}

static void reap_in_use(void *unused)
{
	create();
	things[0] = kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_reap(GFP_KERNEL);
	require(kmem_cache_reap(GFP_KERNEL) == 0);
	require(kmem_cache_owns(cache, things[0]));
}

static void test_a_slab_in_use_stays(void **state)
{
	lab_run(reap_in_use, NULL);
}

/* -- mistakes are caught --------------------------------------------------------------------- */

static bool nothing(const struct machine *machine, void *unused)
{
	return true;
}

static void assert_report(u8 kind, void (*body)(void *))
{
	lab_boot(256, 0, 1);
	assert_true(thread_start(m->boot, body, NULL));
	assert_false(sched_run(m, nothing, NULL));
	assert_int_equal(m->report.kind, kind);
	lab_destroy(NULL);
}

static struct thing *stale(void)
{
	struct thing *thing;

	create();
	thing = kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_free(cache, thing);
	return thing;
}

static void free_twice(void *unused)
{
	kmem_cache_free(cache, stale());
}

static void store_after_free(void *unused)
{
	stale()->words[6] = 1;
	kmem_cache_alloc(cache, GFP_KERNEL);
}

static void free_into_the_wrong_cache(void *unused)
{
	stale();
	kmem_cache_free(VM->mm_cachep, kmem_cache_alloc(cache, GFP_KERNEL));
}

static void free_the_middle(void *unused)
{
	stale();
	kmem_cache_free(cache, (struct thing *)kmem_cache_alloc(cache, GFP_KERNEL) + 1);
}

static void test_misuse_is_reported(void **state)
{
	assert_report(REPORT_USE_AFTER_FREE, free_twice);
	assert_report(REPORT_USE_AFTER_FREE, store_after_free);
	assert_report(REPORT_BUG, free_into_the_wrong_cache);
	assert_report(REPORT_BUG, free_the_middle);
}

static void read_after_free(void *unused)
{
	const struct thing *thing = stale();
	u32 i;

	for (i = 0; i < ARRAY_SIZE(thing->words); i++)
		require(thing->words[i] == 0x6b6b6b6b6b6b6b6bull);
}

static void test_a_freed_object_is_junk(void **state)
{
	lab_run(read_after_free, NULL);
}

/* 113 objects of 32 bytes: header and index of the i386 take 24 + 113 * 4, rounded up to 480. Any
 * number may be asked whether it is one. */
static void ask_about_a_frame(void *unused)
{
	kaddr_t first, frame, at;

	cache = kmem_cache_create_in_frames("line", 32);
	first = to_kaddr(kmem_cache_alloc(cache, GFP_KERNEL));
	frame = first & PAGE_MASK;
	require(first == frame + 480);
	for (at = frame; at < frame + PAGE_SIZE; at++)
		require(kmem_cache_owns_kaddr(current->machine, cache, at) == (at == first));
	require(!kmem_cache_owns_kaddr(current->machine, cache, frame - 32));
	kmem_cache_free(cache, from_kaddr(first));
	require(!kmem_cache_owns_kaddr(current->machine, cache, first));
}

static void test_objects_in_their_frame(void **state)
{
	lab_run(ask_about_a_frame, NULL);
}

#define SLAB_TEST(name) cmocka_unit_test_setup_teardown(name, boot, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SLAB_TEST(test_objects_per_slab),
		SLAB_TEST(test_the_kernels_own_caches),
		SLAB_TEST(test_objects_are_zero_and_apart),
		SLAB_TEST(test_the_last_freed_is_used_first),
		SLAB_TEST(test_no_frame_no_object),
		SLAB_TEST(test_reaping_takes_half_of_the_free_slabs),
		SLAB_TEST(test_a_slab_in_use_stays),
		cmocka_unit_test(test_misuse_is_reported),
		SLAB_TEST(test_a_freed_object_is_junk),
		SLAB_TEST(test_objects_in_their_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
