/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The region allocator: zeroed, aligned, deterministic, junk after free; large blocks and frames
 * cost nothing until they are touched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/region.h"

#define HEAP (64u << 20)
#define MIB (1u << 20)

static int make(void **state)
{
	*state = region_create(HEAP, 256);
	return *state ? 0 : -1;
}

static int destroy(void **state)
{
	region_destroy(*state);
	return 0;
}

static bool all_bytes(const void *p, unsigned char byte, size_t n)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < n; i++)
		if (bytes[i] != byte)
			return false;
	return true;
}

static u64 resident_kib(void)
{
	unsigned long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &resident), 2);
	fclose(f);
	return resident * (u64)sysconf(_SC_PAGESIZE) / 1024;
}

static void test_aligned_zeroed_apart(void **state)
{
	struct region *r = *state;
	char *p[400], *end = NULL;

	for (u32 i = 0; i < 400; i++) {
		p[i] = region_alloc(r, i);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		assert_true(all_bytes(p[i], 0, i));
		assert_true(p[i] >= end);
		end = p[i] + i;
		memset(p[i], 0xee, i);
	}
	assert_true(end <= (char *)r + r->brk);
}

/* Every size finds a block that holds it, and not more than a quarter larger beyond 128 bytes. */
static void test_size_classes(void **state)
{
	struct region *r = *state;

	for (u64 bytes = 1; bytes < 3 * MIB; bytes += 1 + bytes / 37) {
		u64 before = r->brk, taken;

		assert_non_null(region_alloc(r, bytes));
		taken = r->brk - before;
		assert_true(taken >= bytes);
		assert_true(taken <= (bytes <= 128 ? bytes + 15 : bytes + bytes / 4));
		region_reset(r);
	}
}

static void test_free_gives_junk_and_is_reused(void **state)
{
	struct region *r = *state;
	char *p = region_alloc(r, 100), *q;
	u64 live = r->live;

	memset(p, 0x11, 100);
	region_free(r, p, 100);
	assert_true(r->live < live);
	assert_true(all_bytes(p + 8, 0x6b, 92));
	q = region_alloc(r, 97); /* the same class of 112 bytes */
	assert_ptr_equal(p, q);
	assert_true(all_bytes(q, 0, 112));
	assert_int_equal(r->live, live);
	region_free(r, NULL, 5);
}

static void test_realloc_keeps_and_zeroes(void **state)
{
	struct region *r = *state;
	char *p = region_realloc(r, NULL, 0, 20);

	memset(p, 7, 20);
	p = region_realloc(r, p, 20, 30); /* in place */
	assert_true(all_bytes(p, 7, 20) && all_bytes(p + 20, 0, 10));
	p = region_realloc(r, p, 30, 5000);
	assert_true(all_bytes(p, 7, 20) && all_bytes(p + 20, 0, 4980));
	p = region_realloc(r, p, 5000, 10);
	assert_true(all_bytes(p, 7, 10));
}

static void test_same_calls_same_offsets(void **state)
{
	struct region *a = *state, *b = region_create(HEAP, 256);
	void *pa[64] = { NULL }, *pb[64] = { NULL };
	u64 size[64];
	u32 x = 1;

	for (u32 i = 0; i < 5000; i++) {
		u32 slot = (x = x * 1103515245 + 12345) >> 8 & 63;

		if (pa[slot]) {
			region_free(a, pa[slot], size[slot]);
			region_free(b, pb[slot], size[slot]);
			pa[slot] = pb[slot] = NULL;
			continue;
		}
		size[slot] = x >> 16 & 4095;
		pa[slot] = region_alloc(a, size[slot]);
		pb[slot] = region_alloc(b, size[slot]);
		assert_int_equal((char *)pa[slot] - (char *)a, (char *)pb[slot] - (char *)b);
	}
	region_destroy(b);
}

static void test_full(void **state)
{
	struct region *r = *state;
	u32 n = 0;

	while (region_alloc(r, MIB))
		n++;
	assert_in_range(n, 63, 64);
	assert_null(region_alloc(r, MIB));
	assert_null(region_alloc(r, 1ull << 40));
	assert_non_null(region_alloc(r, 16));
}

/* 4 GiB of frames and 1 GiB of heap are only addresses. */
static void test_untouched_costs_nothing(void **state)
{
	u64 before = resident_kib();
	struct region *r = region_create(1u << 30, 1u << 20);

	(void)state;
	assert_non_null(r);
	assert_non_null(region_alloc(r, 900u << 20));
	region_frame_make(r, 0);
	region_frame_make(r, (1u << 20) - 1);
	assert_true(resident_kib() - before < 1024);
	region_destroy(r);
}

static void test_frames(void **state)
{
	struct region *r = *state;
	char *p = region_frame_make(r, 17);

	assert_int_equal((uintptr_t)p % PAGE_SIZE, 0);
	assert_true(all_bytes(p, 0, PAGE_SIZE));
	assert_true(region_frame_real(r, 17) && !region_frame_real(r, 18));
	memset(p, 1, PAGE_SIZE);
	assert_ptr_equal(region_frame_make(r, 17), p);
	assert_true(all_bytes(p, 1, PAGE_SIZE)); /* it existed: its content stays */
	assert_int_equal(r->nr_real, 1);
	region_frame_drop(r, 17);
	region_frame_drop(r, 17);
	assert_int_equal(r->nr_real, 0);
	assert_false(region_frame_real(r, 17));
	assert_true(all_bytes(region_frame_make(r, 17), 0, PAGE_SIZE));
	assert_ptr_equal(region_frame(r, 255), (char *)region_frame(r, 0) + 255 * PAGE_SIZE);
}

static void test_reset(void **state)
{
	struct region *r = *state;
	void *first = region_alloc(r, 100);

	assert_ptr_equal(first, region_first_block(r));
	memset(first, 9, 100);
	memset(region_frame_make(r, 3), 9, PAGE_SIZE);
	region_reset(r);
	assert_int_equal(r->live, 0);
	assert_int_equal(r->nr_real, 0);
	assert_int_equal(r->nr_frames, 256);
	assert_ptr_equal(region_alloc(r, 100), first);
	assert_true(all_bytes(first, 0, 100));
	assert_true(all_bytes(region_frame_make(r, 3), 0, PAGE_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_aligned_zeroed_apart, make, destroy),
		cmocka_unit_test_setup_teardown(test_size_classes, make, destroy),
		cmocka_unit_test_setup_teardown(test_free_gives_junk_and_is_reused, make, destroy),
		cmocka_unit_test_setup_teardown(test_realloc_keeps_and_zeroes, make, destroy),
		cmocka_unit_test_setup_teardown(test_same_calls_same_offsets, make, destroy),
		cmocka_unit_test_setup_teardown(test_full, make, destroy),
		cmocka_unit_test(test_untouched_costs_nothing),
		cmocka_unit_test_setup_teardown(test_frames, make, destroy),
		cmocka_unit_test_setup_teardown(test_reset, make, destroy),
	};

	return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
