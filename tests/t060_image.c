/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images against the plainest copy there is: random work on a region, images of it on a chain of
 * bases, each with a naive copy of all that is live; any of them is restored at any time and must
 * equal its copy byte for byte, and what is allocated afterwards must be as fresh as ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/region.h"

#define FRAMES 64
#define BLOCKS 200
#define IMAGES 24

/* The work's own memory is in the region, too, and goes back in time with it. */
struct work {
	struct { char *p; u32 bytes; } block[BLOCKS];
};

struct shadow {
	struct image *image;
	u64 brk;
	char *heap;
	bool real[FRAMES];
	char frame[FRAMES][PAGE_SIZE];
};

static struct region *r;
static struct work *work;
static u64 seed;

static u32 draw(u32 bound)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (u32)(seed >> 33) % bound;
}

static int make(void **state)
{
	r = region_create(16u << 20, FRAMES);
	work = region_alloc(r, sizeof(*work));
	seed = 1;
	return 0;
}

static int destroy(void **state)
{
	region_destroy(r);
	return 0;
}

static bool all_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

/* -- random work ------------------------------------------------------------------------------- */

static void work_on_block(u32 i)
{
	char **p = &work->block[i].p;
	u32 *bytes = &work->block[i].bytes;

	if (!*p) {
		*bytes = draw(8) ? draw(600) : draw(60000);
		*p = region_alloc(r, *bytes);
		assert_non_null(*p);
		assert_true(all_zero(*p, *bytes));
	} else if (draw(3)) {
		memset(*p, (int)draw(256), *bytes);
	} else {
		region_free(r, *p, *bytes);
		*p = NULL;
	}
}

static void work_on_frame(u32 n)
{
	bool was_real = region_frame_real(r, n);
	char *p;

	if (was_real && draw(3) == 0) {
		region_frame_drop(r, n);
		return;
	}
	p = region_frame_make(r, n);
	if (!was_real)
		assert_true(all_zero(p, PAGE_SIZE));
	memset(p + draw(PAGE_SIZE / 2), (int)draw(256), PAGE_SIZE / 2);
}

static void work_a_while(u32 steps)
{
	while (steps--)
		if (draw(4))
			work_on_block(draw(BLOCKS));
		else
			work_on_frame(draw(FRAMES));
}

/* -- the naive copy ---------------------------------------------------------------------------- */

static struct shadow *copy(struct image *base)
{
	struct shadow *s = calloc(1, sizeof(*s));

	s->brk = r->brk;
	s->heap = malloc(r->brk);
	memcpy(s->heap, r, r->brk);
	for (u32 n = 0; n < FRAMES; n++) {
		s->real[n] = region_frame_real(r, n);
		if (s->real[n])
			memcpy(s->frame[n], region_frame(r, n), PAGE_SIZE);
	}
	s->image = image_take(r, base);
	assert_non_null(s->image);
	return s;
}

static void compare(struct shadow *s)
{
	/* What the host's memory has been used for is not part of the state. */
	((struct region *)s->heap)->high = r->high;
	assert_true(r->brk == s->brk);
	assert_memory_equal(r, s->heap, s->brk);
	for (u32 n = 0; n < FRAMES; n++) {
		assert_int_equal(region_frame_real(r, n), s->real[n]);
		if (s->real[n])
			assert_memory_equal(region_frame(r, n), s->frame[n], PAGE_SIZE);
		else
			assert_true(all_zero(region_frame(r, n), PAGE_SIZE));
	}
}

static void discard(struct shadow *s)
{
	image_free(s->image);
	free(s->heap);
	free(s);
}

static void test_random_back_and_forth(void **state)
{
	struct shadow *shadows[IMAGES] = { NULL };
	struct image *base = NULL;

	for (u32 round = 0; round < 400; round++) {
		u32 i = draw(IMAGES);

		work_a_while(draw(200));
		if (shadows[i] && draw(2)) {
			image_restore(r, shadows[i]->image);
			compare(shadows[i]);
			base = shadows[i]->image;
			continue;
		}
		if (shadows[i] && shadows[i]->image == base)
			base = NULL;
		if (shadows[i])
			discard(shadows[i]);
		shadows[i] = copy(draw(4) ? base : NULL);
		base = shadows[i]->image;
	}
	for (u32 i = 0; i < IMAGES; i++) {
		if (!shadows[i])
			continue;
		image_restore(r, shadows[i]->image);
		compare(shadows[i]);
		discard(shadows[i]);
	}
}

/* An image outlives the region's new beginning at the same address. */
static void test_restore_after_reset(void **state)
{
	struct shadow *s;

	work_a_while(1000);
	s = copy(NULL);
	region_reset(r);
	region_alloc(r, 100);
	image_restore(r, s->image);
	compare(s);
	work_a_while(1000);
	discard(s);
}

static void test_equal_pages_are_shared(void **state)
{
	u64 whole, same, changed;
	struct image *first, *second, *third;

	for (u32 i = 0; i < 100; i++)
		memset(region_alloc(r, 4096), (int)i + 1, 4096);
	for (u32 n = 0; n < 20; n++)
		memset(region_frame_make(r, n), 1, PAGE_SIZE);
	first = image_take(r, NULL);
	whole = image_own_bytes(first);
	assert_true(whole >= 120 * 4096);
	assert_true(image_bytes(first) >= 120 * 4096);
	second = image_take(r, first);
	same = image_own_bytes(second);
	assert_true(same < 4096);
	((char *)region_frame(r, 5))[100] = 2;
	third = image_take(r, second);
	changed = image_own_bytes(third);
	assert_in_range(changed - same, 4096, 4096 + 64);
	image_free(first);
	image_free(second);
	assert_true(image_own_bytes(third) >= 120 * 4096); /* now they are its own */
	((char *)region_frame(r, 5))[100] = 3;
	image_restore(r, third);
	assert_int_equal(((char *)region_frame(r, 5))[100], 2);
	image_free(third);
}

/* Pages of zeros cost nothing, however many. */
static void test_zeros_are_free(void **state)
{
	struct image *image;
	char *p = region_alloc(r, 8u << 20);

	p[4 << 20] = 1;
	image = image_take(r, NULL);
	assert_true(image_bytes(image) > 8u << 20);
	assert_true(image_own_bytes(image) < 64 << 10);
	memset(p, 7, 8u << 20);
	image_restore(r, image);
	assert_int_equal(p[4 << 20], 1);
	p[4 << 20] = 0;
	assert_true(all_zero(p, 8u << 20));
	image_free(image);
}

/* A stack: only what lies at stack_live_from and above is kept, to the page. */
static void test_live_part_of_a_stack(void **state)
{
	char *stack = region_frame(r, 0);
	struct image *image;

	for (u32 n = 0; n < FRAMES; n++)
		region_frame_make(r, n);
	memset(stack, 1, FRAMES * PAGE_SIZE);
	r->stack_live_from = r->frames_at + 60 * PAGE_SIZE + 100;
	image = image_take(r, NULL);
	assert_true(image_own_bytes(image) < 8 * 4200);
	memset(stack, 2, FRAMES * PAGE_SIZE);
	image_restore(r, image);
	assert_int_equal(stack[60 * PAGE_SIZE], 1);
	assert_int_equal(stack[FRAMES * PAGE_SIZE - 1], 1);
	assert_int_equal(stack[60 * PAGE_SIZE - 1], 2);
	assert_true(region_frame_real(r, 0));
	image_free(image);
}

/*
 * The last page of an image holds what lay behind brk when it was taken, and that need not be
 * zero: an earlier restore left it there. Put back into a region that was begun anew, it must not
 * look fresh to the next block.
 */
static void test_behind_the_last_block(void **state)
{
	struct image *before = image_take(r, NULL), *after;

	(void)state;
	memset(region_alloc(r, 4 * PAGE_SIZE), 0xff, 4 * PAGE_SIZE);
	image_restore(r, before);
	region_alloc(r, PAGE_SIZE + 64);
	after = image_take(r, before);
	region_reset(r);
	image_restore(r, after);
	assert_true(all_zero(region_alloc(r, 64), 64));
	image_free(before);
	image_free(after);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make, destroy)
	const struct CMUnitTest tests[] = {
		TEST(test_random_back_and_forth),
		TEST(test_restore_after_reset),
		TEST(test_equal_pages_are_shared),
		TEST(test_zeros_are_free),
		TEST(test_live_part_of_a_stack),
		TEST(test_behind_the_last_block),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
