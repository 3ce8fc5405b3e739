/* SPDX-License-Identifier: GPL-2.0-only */
/* Frame contents: tags, words, and the host memory that words take and give back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/content.h"
#include "sim/machine.h"

static struct machine *m;

static int make(void **state)
{
	struct machine_config config = { .ram = 256 << 10, .cpus = 1, .page_cluster = -1 };
	const char *why;

	m = machine_create_bare(&config, &why);
	return m ? 0 : -1;
}

static int destroy(void **state)
{
	machine_destroy(m);
	return 0;
}

static void test_fresh_is_zero(void **state)
{
	assert_true(content_tag(m, 3) == 0);
	assert_int_equal(content_load(m, 3, 4092), 0);
	assert_null(content_words(m, 3));
	assert_int_equal(m->region->nr_real, 0);
}

static void test_store_and_load(void **state)
{
	u64 first = content_store(m, 3, 4, 11), second = content_store(m, 3, 8, 22);

	assert_true(first && second && first != second);
	assert_true(content_tag(m, 3) == second);
	assert_int_equal(content_load(m, 3, 0), 0);
	assert_int_equal(content_load(m, 3, 4), 11);
	assert_int_equal(content_load(m, 3, 8), 22);
	assert_int_equal(content_words(m, 3)[2], 22);
	assert_int_equal(m->region->nr_real, 1);
}

static void test_touch_keeps_words(void **state)
{
	u64 before = content_store(m, 3, 0, 5), after = content_touch(m, 3);

	assert_true(after != before && content_tag(m, 3) == after);
	assert_int_equal(content_load(m, 3, 0), 5);
	content_touch(m, 4);
	assert_null(content_words(m, 4)); /* a tag is all it needs */
}

static void test_copy(void **state)
{
	u64 tag = content_store(m, 3, 0, 5);

	content_store(m, 4, 4, 6);
	content_copy(m, 4, 3);
	assert_true(content_tag(m, 4) == tag);
	assert_int_equal(content_load(m, 4, 0), 5);
	assert_int_equal(content_load(m, 4, 4), 0);
	content_store(m, 4, 0, 7); /* they are two now */
	assert_int_equal(content_load(m, 3, 0), 5);
	content_copy(m, 4, 9); /* a page without words takes them away */
	assert_null(content_words(m, 4));
	assert_true(content_tag(m, 4) == 0);
}

static void test_clear_and_forget(void **state)
{
	content_store(m, 3, 0, 5);
	content_clear(m, 3);
	assert_true(content_tag(m, 3) == 0);
	assert_int_equal(content_load(m, 3, 0), 0);
	assert_int_equal(m->region->nr_real, 0);
	content_store(m, 3, 0, 5);
	content_forget(m, 3);
	assert_int_equal(m->region->nr_real, 0);
	assert_true(content_tag(m, 3) != 0);
	assert_int_equal(content_load(m, 3, 0), 0x6b6b6b6b); /* who reads it still, sees junk */
	content_clear(m, 3);
	assert_int_equal(content_load(m, 3, 0), 0);
}

/* The bytes of a page table are not the content of a data page. */
static void test_page_tables_are_left_alone(void **state)
{
	u32 *table = region_frame_make(m->region, 3);

	table[5] = 0x1067;
	assert_null(content_words(m, 3));
	content_clear(m, 3);
	content_forget(m, 3);
	content_set(m, 3, 0, NULL);
	assert_true(region_frame_real(m->region, 3));
	assert_int_equal(table[5], 0x1067);
}

static void test_set(void **state)
{
	u32 words[1024] = { [7] = 70 };

	content_set(m, 3, 1234, words);
	assert_true(content_tag(m, 3) == 1234);
	assert_int_equal(content_load(m, 3, 28), 70);
	content_set(m, 3, 77, NULL);
	assert_true(content_tag(m, 3) == 77);
	assert_int_equal(content_load(m, 3, 28), 0);
	assert_int_equal(m->region->nr_real, 0);
}

static void test_zero_tail(void **state)
{
	u64 tag;

	content_store(m, 3, 96, 1);
	content_store(m, 3, 100, 2);
	tag = content_store(m, 3, 4092, 3);
	assert_true(content_zero_tail(m, 3, 100) != tag);
	assert_int_equal(content_load(m, 3, 96), 1);
	assert_int_equal(content_load(m, 3, 100), 0);
	assert_int_equal(content_load(m, 3, 4092), 0);
}

/* Every store gets a tag that no other content ever had. */
static void test_tags_are_unique(void **state)
{
	u64 last = 0;

	for (u32 i = 0; i < 1000; i++) {
		u64 tag = i & 1 ? content_touch(m, i % 60) : content_store(m, i % 60, 0, 1);

		assert_true(tag > last);
		last = tag;
	}
}

/* -- the machine around it --------------------------------------------------------------------- */

static void test_random(void **state)
{
	u32 seen[8] = { 0 };
	u64 first;

	for (u32 i = 0; i < 8000; i++) {
		u32 x = machine_random_below(m, 8);

		assert_true(x < 8);
		seen[x]++;
	}
	for (u32 i = 0; i < 8; i++)
		assert_in_range(seen[i], 850, 1150);
	assert_int_equal(machine_random_below(m, 1), 0);
	destroy(NULL);
	make(NULL);
	first = machine_random(m);
	/* xoshiro256** from splitmix64(0): s1 is 6e789e6aa1b965f4; rotl(s1 * 5, 7) * 9 */
	assert_true(first == 0x99ec5f36cb75f2b4ull);
}

static void test_config_errors(void **state)
{
	static const struct machine_config good = {
		.ram = 256 << 10, .cpus = 2, .page_cluster = -1,
	};
	struct machine_config bad[9];
	const char *why;

	for (u32 i = 0; i < 9; i++)
		bad[i] = good;
	bad[0].ram = 128 << 10;
	bad[1].ram = (256 << 10) + 1;
	bad[2].ram = 5ull << 30;
	bad[3].cpus = 0;
	bad[4].cpus = 9;
	bad[5].swap = 4095;
	bad[6].dma_end = 100;
	bad[7].dma_end = 32 << 20, bad[7].highmem_start = 16 << 20;
	bad[8].check_every_event = true, bad[8].ram = 512 << 10;
	assert_null(machine_config_error(&good));
	for (u32 i = 0; i < 9; i++) {
		assert_null(machine_create_bare(&bad[i], &why));
		assert_true(strlen(why) > 20);
	}
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make, destroy)
	const struct CMUnitTest tests[] = {
		TEST(test_fresh_is_zero),
		TEST(test_store_and_load),
		TEST(test_touch_keeps_words),
		TEST(test_copy),
		TEST(test_clear_and_forget),
		TEST(test_page_tables_are_left_alone),
		TEST(test_set),
		TEST(test_zero_tail),
		TEST(test_tags_are_unique),
		TEST(test_random),
		TEST(test_config_errors),
	};

	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
