/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The swap token (facts D.12): who gets it, how long it is kept, and to whom it goes next. Checked
 * at most every 2 seconds; 300 seconds is one turn.
 */
#include "lrulab.h"
#include "mm/vmscan_2004.h"

#define SECOND 1000000000ull

static struct mm_struct *mm[3];
static u32 pids[3];

static void grab_body(void *arg)
{
	struct mm_struct *own = current->mm;

	current->mm = arg;
	grab_swap_token();
	current->mm = own;
}

/* A major fault of process i, now. Who has the token afterwards: its number, -1: nobody. */
static int fault_of(u32 i)
{
	int who;

	lab_run(grab_body, mm[i]);
	for (who = 2; who >= 0 && m->vm->swap_token.mm != mm[who]; who--)
		;
	return who;
}

static void at_second(u32 second)
{
	assert_true(m->now <= second * SECOND);
	OP(TICK, 0, second * SECOND - m->now);
}

static void three_processes(void)
{
	u32 i, where;

	row_boot(512, 64, 1);
	for (i = 0; i < 3; i++) {
		pids[i] = lab_process(1, &where);
		mm[i] = thread_by_pid(m, pids[i])->mm;
	}
}

static void nobody_body(void *unused)
{
	require(!has_swap_token(mm[0]) && !has_swap_token(NULL));
}

/* Kernels without it: nothing happens. */
static void no_token(void)
{
	three_processes();
	at_second(1);
	assert_int_equal(fault_of(0), -1);
	lab_run(nobody_body, NULL);
}

static void turns(void)
{
	three_processes();
	at_second(1);
	assert_int_equal(fault_of(0), 0);   /* init_mm has it first, and does not need it */
	assert_int_equal(m->vm->swap_token.check, m->now + 2 * SECOND);
	at_second(2);
	assert_int_equal(fault_of(1), 0);   /* asked a second ago */
	at_second(4);
	assert_int_equal(fault_of(0), 0);   /* it still pages */
	assert_true(mm[0]->recent_pagein);
	assert_int_equal(fault_of(1), 0);   /* asked: yes, it does; and is asked to show it again */
	assert_false(mm[0]->recent_pagein);
	at_second(7);
	assert_int_equal(fault_of(1), 1);   /* it has not paged since: it has enough */
	assert_true(mm[0]->swap_token_time <= m->now); /* and may have it again at once */
	at_second(10);
	assert_int_equal(fault_of(0), 0);
}

static void time_is_up(void)
{
	three_processes();
	at_second(1);
	assert_int_equal(fault_of(0), 0);
	at_second(302);
	assert_int_equal(fault_of(0), 0);   /* who has it is not asked */
	assert_int_equal(fault_of(1), 1);   /* it pages, but its 300 s are over */
	assert_int_equal(mm[0]->swap_token_time, m->now + 300 * SECOND);
	at_second(400);
	assert_int_equal(fault_of(0), 1);   /* nobody has paged, but it is not its turn */
	assert_int_equal(fault_of(2), 2);
	at_second(603);
	assert_int_equal(fault_of(0), 0);
}

static void put_body(void *arg)
{
	put_swap_token(arg);
}

static void given_back(void)
{
	three_processes();
	at_second(1);
	assert_int_equal(fault_of(0), 0);
	lab_run(put_body, mm[1]);
	assert_ptr_equal(m->vm->swap_token.mm, mm[0]);
	lab_run(put_body, mm[0]);
	assert_null(m->vm->swap_token.mm);
	assert_int_equal(lab_count(EV_SWAP_TOKEN), 2);
	assert_true(m->vm->swap_token.check <= m->now);
	at_second(2);
	assert_int_equal(fault_of(2), 2);   /* who comes next need not wait 2 s to ask */
}

/* The holder goes away. */
static void exit_gives_it_back(void)
{
	three_processes();
	at_second(1);
	assert_int_equal(fault_of(0), 0);
	OP(EXIT, pids[0], 0);
	assert_null(m->vm->swap_token.mm);
}

/* -- who loses it -------------------------------------------------------------------------- */

/* Nothing of this can be freed: whatever priority, nothing comes of it. */
static void in_vain_body(void *unused)
{
	struct scan_control sc = { .gfp_mask = GFP_KERNEL, .swap_cluster_max = 32 };

	for (u32 i = 0; i < 200; i++)
		lru_cache_add(alloc_page(GFP_KERNEL));
	current->flags |= PF_MEMALLOC;
	VM->kernel->vmscan->version->shrink_at_all_priorities(&VM->zones[0], &sc);
	current->flags &= ~PF_MEMALLOC;
}

static void hog_body(void *unused)
{
	zone_t *zone = &VM->zones[0];

	while (zone->free_pages > zone->pages_low)
		lru_cache_add(rmqueue(zone, 0));
	lru_add_drain();
	wakeup_kswapd(zone);
}

/*
 * From 2.6.15 on priority 0 is not tried before the token is taken away, and who had it may not
 * have it again for 2 s; the first fault of anybody else gets it at once.
 */
static void lost_in_reclaim(void (*body)(void *))
{
	bool loses = row->vmscan == &vmscan_2_6_16;
	u64 lost;

	three_processes();
	m->config.unchecked = true; /* whose pages are they? nobody's */
	at_second(1);
	assert_int_equal(fault_of(0), 0);
	lab_run(body, NULL);
	OP(TICK, 0, 20 * SECOND);
	assert_ptr_equal(m->vm->swap_token.mm, loses ? NULL : mm[0]);
	if (!loses)
		return;
	lost = mm[0]->swap_token_time;
	assert_true(lost > 3 * SECOND && lost < m->now + 2 * SECOND);
	mm[0]->swap_token_time = m->now + SECOND;
	assert_int_equal(fault_of(0), -1);
	assert_int_equal(fault_of(1), 1);
}

static void lost_to_an_allocation(void)
{
	lost_in_reclaim(in_vain_body);
}

static void lost_to_kswapd(void)
{
	lost_in_reclaim(hog_body);
}

static void on(void (*test)(void))
{
	test();
	lab_destroy(NULL);
}

DEFINE_ROW_TEST(the_token)
{
	static struct kernel with_token;

	on(row->swap_token ? turns : no_token);
	if (!row->swap_token && row->rmap == kernel_default->rmap) {
		with_token = *row;
		with_token.swap_token = 1;
		row = &with_token;
	}
	if (!row->swap_token)
		return;
	on(turns);
	on(time_is_up);
	on(given_back);
	on(lost_to_an_allocation);
	on(lost_to_kswapd);
	if (row != &with_token)
		on(exit_gives_it_back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(the_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
