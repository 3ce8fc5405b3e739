/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks: what was written is read, requests are served in order, and each takes a seek, if it has
 * to, and a transfer: 8 ms and 0.13 ms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/content.h"
#include "sim/disk.h"
#include "sim/machine.h"

#define SEEK 8000000ull
#define TRANSFER 130000ull
#define BLOCKS 1000

static struct machine *m;
static struct disk *d;
static u32 ended[64], nr_ended;
static u64 when[64];

static void end_io(u32 pfn, int error)
{
	assert_int_equal(error, 0);
	assert_string_equal(current->comm, "irq");
	when[nr_ended] = m->now;
	ended[nr_ended++] = pfn;
}

static int make(void **state)
{
	struct machine_config config = { .ram = 256 << 10, .cpus = 1, .page_cluster = -1 };
	struct task_struct *irq;
	const char *why;

	m = machine_create_bare(&config, &why);
	d = m->disks[0] = disk_create(m, 0, BLOCKS);
	nr_ended = 0;
	thread_create(m, "user", 0);
	irq = thread_create(m, "irq", 0);
	irq->flags |= PF_KTHREAD;
	return d && thread_start(irq, disk_irq_thread, m) && sched_run(m, NULL, NULL) ? 0 : -1;
}

static int destroy(void **state)
{
	machine_destroy(m);
	return 0;
}

/* One request per row, all submitted at once by the thread "user". */
struct transfer {
	u32 disk, block, pfn;
	bool write;
};
static struct transfer *plan;
static u32 nr_plan;
static u64 begun;

static void submit_plan(void *unused)
{
	begun = m->now;
	for (u32 i = 0; i < nr_plan; i++)
		disk_submit(m->disks[plan[i].disk], plan[i].block, plan[i].pfn, plan[i].write,
			    end_io);
}

static void submit(struct transfer *transfers, u32 n)
{
	plan = transfers;
	nr_plan = n;
	nr_ended = 0;
	assert_true(thread_start(thread_by_pid(m, 1), submit_plan, NULL));
	assert_true(sched_run(m, NULL, NULL));
}

/* The end of request i: at its time, and as much later as two switches of threads take. */
static void expect_at(u32 i, u64 at)
{
	assert_in_range(when[i], at, at + 2 * COST_NS_SWITCH);
}

static void wait_for_all(void)
{
	assert_true(sched_advance(m, 10000000000ull));
	assert_int_equal(nr_ended, nr_plan);
	assert_int_equal(disk_pending(m), 0);
	assert_int_equal(disk_next_due(m), 0);
}

#define SUBMIT(...) submit((struct transfer[]){ __VA_ARGS__ }, \
	sizeof((struct transfer[]){ __VA_ARGS__ }) / sizeof(struct transfer))

static void test_round_trip(void **state)
{
	u64 tag = content_store(m, 5, 8, 1234);

	content_store(m, 6, 0, 99);
	SUBMIT({ 0, 70, 5, true });
	wait_for_all();
	assert_true(disk_tag(d, 70) == tag);
	assert_int_equal(disk_word(d, 70, 8), 1234);
	assert_int_equal(disk_word(d, 70, 12), 0);
	SUBMIT({ 0, 70, 6, false });
	assert_true(content_tag(m, 6) != tag); /* not yet */
	wait_for_all();
	assert_true(content_tag(m, 6) == tag);
	assert_int_equal(content_load(m, 6, 8), 1234);
	assert_int_equal(content_load(m, 6, 0), 0);
	assert_int_equal(m->counters.io_writes, 1);
	assert_int_equal(m->counters.io_reads, 1);
}

static void test_fresh_and_formatted_blocks(void **state)
{
	content_store(m, 5, 0, 7);
	disk_format(m, d, 3, 555);
	assert_int_equal(disk_blocks(d), BLOCKS);
	assert_true(disk_tag(d, 3) == 555 && disk_tag(d, 4) == 0);
	SUBMIT({ 0, 3, 5, false }, { 0, 999, 6, false });
	wait_for_all();
	assert_true(content_tag(m, 5) == 555);
	assert_int_equal(content_load(m, 5, 0), 0); /* its words are gone */
	assert_null(content_words(m, 5));
	assert_true(content_tag(m, 6) == 0);
}

static void test_times(void **state)
{
	SUBMIT({ 0, 100, 1, false }, { 0, 101, 2, false }, { 0, 102, 3, true }, { 0, 50, 4, false },
	       { 0, 50, 5, false });
	assert_int_equal(disk_pending(m), 5);
	assert_true(disk_next_due(m) == begun + SEEK + TRANSFER);
	wait_for_all();
	expect_at(0, begun + SEEK + TRANSFER);
	expect_at(1, begun + SEEK + 2 * TRANSFER);
	expect_at(2, begun + SEEK + 3 * TRANSFER);
	expect_at(3, begun + 2 * SEEK + 4 * TRANSFER);
	expect_at(4, begun + 3 * SEEK + 5 * TRANSFER); /* the block has passed by */
	for (u32 i = 0; i < 5; i++)
		assert_int_equal(ended[i], i + 1);
}

/* An idle disk starts when the request comes, and remembers where its head is. */
static void test_after_a_pause(void **state)
{
	u64 first;

	SUBMIT({ 0, 0, 1, false });
	first = begun;
	wait_for_all();
	expect_at(0, first + TRANSFER); /* the head begins at block 0 */
	SUBMIT({ 0, 1, 1, false });
	wait_for_all();
	expect_at(0, begun + TRANSFER);
}

static void test_two_disks_work_at_once(void **state)
{
	m->disks[1] = disk_create(m, 1, BLOCKS);
	SUBMIT({ 0, 500, 1, false }, { 0, 700, 2, false }, { 1, 600, 3, false });
	wait_for_all();
	assert_int_equal(ended[0], 1);
	assert_int_equal(ended[1], 3);
	assert_int_equal(ended[2], 2);
	expect_at(1, begun + SEEK + TRANSFER);
	expect_at(2, begun + 2 * (SEEK + TRANSFER));
}

/* A write takes what was there when it was submitted; a read behind it sees that. */
static void test_write_takes_content_at_submission(void **state)
{
	u64 tag = content_store(m, 5, 0, 1);

	SUBMIT({ 0, 9, 5, true }, { 0, 9, 6, false });
	content_store(m, 5, 0, 2);
	wait_for_all();
	assert_true(disk_tag(d, 9) == tag);
	assert_int_equal(disk_word(d, 9, 0), 1);
	assert_int_equal(content_load(m, 6, 0), 1);
	assert_int_equal(content_load(m, 5, 0), 2);
}

static void test_later_write_wins(void **state)
{
	u64 tag;

	content_store(m, 5, 0, 1);
	tag = content_touch(m, 6); /* no words */
	SUBMIT({ 0, 9, 5, true }, { 0, 9, 6, true });
	wait_for_all();
	assert_true(disk_tag(d, 9) == tag);
	assert_int_equal(disk_word(d, 9, 0), 0);
}

/* 256 blocks share a chunk: 256 tags, and 256 pointers once a block of it has words. A size of
 * the region's is a fifth larger than what was asked for at most; a word has its block with it. */
static void test_words_cost_when_there_are_some(void **state)
{
	u64 live;

	SUBMIT({ 0, 1, 1, false }); /* the threads take their stacks */
	wait_for_all();
	live = m->region->live;
	content_touch(m, 6);
	SUBMIT({ 0, 512, 6, true });
	wait_for_all();
	assert_in_range(m->region->live - live, 256 * 8, 256 * 8 * 5 / 4);
	content_store(m, 5, 0, 1);
	SUBMIT({ 0, 513, 5, true });
	wait_for_all();
	assert_in_range(m->region->live - live, 2 * 256 * 8 + 4096, 2 * 256 * 8 * 5 / 4 + 4096);
	assert_int_equal(disk_word(d, 513, 0), 1);
	assert_null(disk_words(d, 512));
}

static void test_memory_is_given_back(void **state)
{
	struct disk *big;
	u64 live;

	SUBMIT({ 0, 1, 1, false }); /* the threads take their stacks */
	wait_for_all();
	live = m->region->live;
	big = disk_create(m, 2, 1u << 20);
	assert_true(m->region->live - live < 64 << 10); /* nothing written yet */
	m->disks[2] = big;
	for (u32 i = 0; i < 40; i++) {
		content_store(m, i % 60, 0, i);
		SUBMIT({ 2, i * 9999, i % 60, true });
		wait_for_all();
	}
	assert_true(m->region->live - live > 40 * 4096);
	m->disks[2] = NULL;
	disk_destroy(m, big);
	assert_int_equal(m->region->live, live);
}

static void submit_beyond(void *unused)
{
	disk_submit(d, BLOCKS, 1, false, end_io);
}

static void test_beyond_the_end(void **state)
{
	assert_true(thread_start(thread_by_pid(m, 1), submit_beyond, NULL));
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_BUG);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make, destroy)
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),
		TEST(test_fresh_and_formatted_blocks),
		TEST(test_times),
		TEST(test_after_a_pause),
		TEST(test_two_disks_work_at_once),
		TEST(test_write_takes_content_at_submission),
		TEST(test_later_write_wins),
		TEST(test_words_cost_when_there_are_some),
		TEST(test_memory_is_given_back),
		TEST(test_beyond_the_end),
	};

	return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
