/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kswapd: who wakes it, how long it works, and when it gives up (facts A.12, A.13).
 */
#include "lab.h"

#define SECOND 1000000000ull

static const zone_t *zone(u32 i)
{
	return &m->vm->zones[i];
}

static bool kswapd_sleeps(void)
{
	return m->vm->kswapd->state == TASK_UNINTERRUPTIBLE &&
	       m->vm->kswapd->wait_on == &m->vm->kswapd;
}

/* Fill memory with clean pages of one file until zone i has about this many free pages. */
static void fill_cache(u32 i, u32 free)
{
	u32 pages = zone(i)->free_pages - free, n;
	u32 ino = (u32)OP(FILE, 0, pages * PAGE_SIZE);

	for (n = 0; n < pages && zone(i)->free_pages > free; n++)
		OP(FILE_READ, 0, ino, n * PAGE_SIZE);
}

static void sleeps_after_boot(void **state)
{
	lab_boot(1024, 0, 1);
	assert_true(kswapd_sleeps());
	assert_true(m->vm->kswapd->flags & PF_MEMALLOC);
	assert_int_equal(m->counters.kswapd_runs, 0);
	/* Above its low mark an allocation wakes nobody. */
	fill_cache(0, zone(0)->pages_low + 10);
	assert_int_equal(lab_count(EV_KSWAPD_WAKE), 0);
	assert_int_equal(lab_count(EV_RECLAIM_BEGIN), 0);
}

/*
 * 1,024 frames: min is 1,024 / 128 = 8, but at least 20; low 40, high 60. The allocation that finds
 * 41 free pages or fewer (an order-0 request asks for more than 1 + low) wakes kswapd. It frees 32
 * pages a round until more than high are free, and sleeps again.
 */
static void woken_below_low(void **state)
{
	const struct event *wake;
	u32 ino;

	lab_boot(1024, 0, 1);
	assert_int_equal(zone(0)->pages_min, 20);
	assert_int_equal(zone(0)->pages_low, 40);
	assert_int_equal(zone(0)->pages_high, 60);
	ino = (u32)OP(FILE, 0, PAGE_SIZE);
	fill_cache(0, 41);
	assert_int_equal(zone(0)->free_pages, 41);
	assert_int_equal(lab_count(EV_KSWAPD_WAKE), 0);
	OP(FILE_READ, 0, ino, 0);
	assert_int_equal(lab_count(EV_KSWAPD_WAKE), 1);
	wake = lab_event(EV_KSWAPD_WAKE, 0, 0);
	assert_int_equal(wake->a[1], 41);
	assert_int_equal(wake->a[2], 40);
	/* 40 were left after the allocation; one round of 32 makes 72, which is more than 60. */
	assert_int_equal(lab_count(EV_KSWAPD_BALANCE), 1);
	assert_int_equal(lab_count(EV_RECLAIM), 32);
	assert_int_equal(zone(0)->free_pages, 40 + 32);
	assert_true(kswapd_sleeps() && !zone(0)->need_balance);
	assert_int_equal(m->counters.allocstall, 0); /* nobody had to reclaim for himself */
	assert_int_equal(m->counters.kswapd_runs, 1);
}

/* Marks so far apart that one round is not enough. */
static void rounds_until_high(void **state)
{
	lab_boot(1024, 0, 1);
	m->vm->zones[0].pages_high = 120;
	fill_cache(0, 41);
	lab_forget();
	OP(KSWAPD, 0, 0);
	/* 41 -> 73 -> 105 -> 137 */
	assert_int_equal(lab_count(EV_KSWAPD_BALANCE), 3);
	assert_int_equal(lab_event(EV_KSWAPD_BALANCE, 0, 1)->a[1], 41 + 32);
	assert_int_equal(lab_event(EV_KSWAPD_BALANCE, 0, 2)->a[1], 41 + 64);
	assert_int_equal(zone(0)->free_pages, 41 + 96);
	assert_true(kswapd_sleeps());
}

/* A zone that is woken for when it has plenty gets one round all the same: the question comes
 * after the work. */
static void asked_for_by_hand(void **state)
{
	lab_boot(1024, 0, 1);
	fill_cache(0, 500);
	lab_forget();
	OP(KSWAPD, 0, 0);
	assert_int_equal(lab_count(EV_KSWAPD_BALANCE), 1);
	assert_int_equal(zone(0)->free_pages, 532);
	assert_true(kswapd_sleeps());
}

static void need_normal(void *unused)
{
	wakeup_kswapd(&VM->zones[ZONE_NORMAL]);
	wakeup_kswapd(&VM->zones[ZONE_NORMAL]); /* it is awake already */
	require(VM->zones[ZONE_NORMAL].need_balance && !VM->zones[ZONE_DMA].need_balance);
}

/* Two zones. Only the one that needs it is balanced; and it is balanced as soon as it, or a zone
 * below it, has more than its high mark. */
static void a_lower_zone_will_do(void **state)
{
	lab_boot_config((struct machine_config){
		.ram = 8 << 20, .cpus = 1, .page_cluster = -1, .events = true, .dma_end = 4 << 20,
	});
	assert_int_equal(zone(ZONE_NORMAL)->size, 1024);
	fill_cache(ZONE_NORMAL, zone(ZONE_NORMAL)->pages_low + 2);
	m->vm->zones[ZONE_NORMAL].pages_high = 900;
	assert_true(zone(ZONE_DMA)->free_pages > zone(ZONE_DMA)->pages_high);
	lab_forget();
	lab_run(need_normal, NULL);
	assert_int_equal(lab_count(EV_KSWAPD_WAKE), 1);
	assert_int_equal(lab_count(EV_KSWAPD_BALANCE), 1);
	assert_int_equal(lab_event(EV_KSWAPD_BALANCE, ZONE_NORMAL, 0)->a[2], 900);
	assert_int_equal(lab_count(EV_RECLAIM), 32);
	assert_true(zone(ZONE_NORMAL)->free_pages < 900);
	assert_true(kswapd_sleeps() && !zone(ZONE_NORMAL)->need_balance);
}

/* Nothing can be freed: it gives the zone up, sleeps a second, and then waits to be woken. */
static void gives_up_for_a_second(void **state)
{
	u64 before;

	lab_boot(256, 0, 1);
	lab_forget();
	before = m->now;
	OP(KSWAPD, 0, 0);
	assert_int_equal(lab_count(EV_KSWAPD_BALANCE), 1);
	assert_int_equal(lab_count(EV_RECLAIM_BEGIN), 6);
	assert_false(zone(0)->need_balance);
	assert_false(kswapd_sleeps()); /* it naps */
	assert_true(m->vm->kswapd->wake_at >= before + SECOND);
	OP(TICK, 0, SECOND - 1000000);
	assert_false(kswapd_sleeps());
	OP(TICK, 0, 2000000);
	assert_true(kswapd_sleeps());
	OP(TICK, 0, 10 * SECOND);
	assert_int_equal(lab_count(EV_KSWAPD_BALANCE), 1);
	assert_int_equal(m->counters.oom_kills, 0);
}

/* Woken during the nap, that is heard afterwards. */
static void woken_while_it_naps(void **state)
{
	lab_boot(256, 0, 1);
	OP(KSWAPD, 0, 0);
	lab_forget();
	OP(KSWAPD, 0, 0);
	assert_int_equal(lab_count(EV_KSWAPD_WAKE), 0);
	assert_true(zone(0)->need_balance);
	OP(TICK, 0, SECOND);
	assert_int_equal(lab_count(EV_KSWAPD_BALANCE), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(sleeps_after_boot, lab_destroy),
		cmocka_unit_test_teardown(woken_below_low, lab_destroy),
		cmocka_unit_test_teardown(rounds_until_high, lab_destroy),
		cmocka_unit_test_teardown(asked_for_by_hand, lab_destroy),
		cmocka_unit_test_teardown(a_lower_zone_will_do, lab_destroy),
		cmocka_unit_test_teardown(gives_up_for_a_second, lab_destroy),
		cmocka_unit_test_teardown(woken_while_it_naps, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
