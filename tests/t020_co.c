/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coroutines, by whichever way to switch this build has: values survive, stacks are aligned, and a
 * coroutine suspended in the middle of a deep call goes on twice from one copy of its region.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/co.h"
#include "sim/region.h"

#define STACK (64u << 10)

/* Everything a test's coroutine knows, in the region. */
struct world {
	struct co host, co, other;
	u32 steps;
	u64 sum;
	double product;
	char order[64];
};

static struct region *region;
static struct world *world;

static int make(void **state)
{
	(void)state;
	region = region_create(4u << 20, 0);
	world = region ? region_alloc(region, sizeof(*world)) : NULL;
	return world ? 0 : -1;
}

static int destroy(void **state)
{
	(void)state;
	region_destroy(region);
	return 0;
}

static void begin(struct co *co, void (*fn)(void *), void *arg)
{
	co_init(co, region_alloc(region, STACK), STACK, fn, arg);
}

static void pause_co(struct co *self)
{
	co_switch(self, &world->host);
}

static void count_up(void *arg)
{
	assert_ptr_equal(arg, &world->sum);
	for (;;) {
		world->steps++;
		pause_co(&world->co);
	}
}

static void test_starts_and_goes_on(void **state)
{
	begin(&world->co, count_up, &world->sum);
	for (u32 i = 1; i <= 1000; i++) {
		co_switch(&world->host, &world->co);
		assert_int_equal(world->steps, i);
	}
}

/* Locals in registers and on the stack, integers and floating point, over every switch. */
static void keep_locals(void *arg)
{
	u64 a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7;
	double x = 1.5;

	for (;;) {
		a += 1;
		b += a;
		c ^= b;
		d += c;
		e -= d;
		f += e;
		g ^= f;
		x *= 1.5;
		world->sum = g;
		world->product = x;
		pause_co(&world->co);
	}
}

static void test_locals_survive(void **state)
{
	u64 a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7;
	double x = 1.5;

	begin(&world->co, keep_locals, NULL);
	for (u32 i = 0; i < 100; i++) {
		co_switch(&world->host, &world->co);
		a += 1;
		b += a;
		c ^= b;
		d += c;
		e -= d;
		f += e;
		g ^= f;
		x *= 1.5;
		assert_true(world->sum == g);
		assert_true(world->product == x);
	}
}

static void look_at_alignment(void *arg)
{
	_Alignas(16) char here[16];

	world->sum = (uintptr_t)here % 16;
	snprintf(world->order, sizeof(world->order), "%.2f", world->product); /* uses SSE */
	for (;;)
		pause_co(&world->co);
}

static void test_stack_is_aligned(void **state)
{
	world->product = 2.25;
	begin(&world->co, look_at_alignment, NULL);
	co_switch(&world->host, &world->co);
	assert_int_equal(world->sum, 0);
	assert_string_equal(world->order, "2.25");
}

static void say(char c)
{
	size_t n = strlen(world->order);

	world->order[n] = c;
}

static void ping(void *arg)
{
	for (;;) {
		say('a');
		co_switch(&world->co, &world->other);
	}
}

static void pong(void *arg)
{
	for (u32 i = 0;; i++) {
		say('b');
		co_switch(&world->other, i % 3 == 2 ? &world->host : &world->co);
	}
}

static void test_two_take_turns(void **state)
{
	begin(&world->co, ping, NULL);
	begin(&world->other, pong, NULL);
	co_switch(&world->host, &world->co);
	assert_string_equal(world->order, "ababab");
	co_switch(&world->host, &world->co);
	assert_string_equal(world->order, "abababababab");
}

/* What is between sp and the top of the stack is all there is: junk below does not matter. */
static void test_sp_is_the_lowest_live_byte(void **state)
{
	char *low;

	begin(&world->co, keep_locals, NULL);
	for (u32 i = 0; i < 10; i++) {
		low = world->co.sp;
		assert_true(low > (char *)world->co.stack);
		assert_true(low < (char *)world->co.stack + STACK);
		memset(world->co.stack, 0xdd, (size_t)(low - (char *)world->co.stack));
		co_switch(&world->host, &world->co);
	}
	assert_true(world->product > 85 && world->product < 87); /* 1.5^11 */
}

static void dive(u32 depth)
{
	volatile u64 local = depth * 3u;

	if (depth == 0) {
		for (u32 i = 0; i < 3; i++)
			pause_co(&world->co);
		return;
	}
	dive(depth - 1);
	world->sum += local;
}

static void dive_and_add(void *arg)
{
	for (;;) {
		world->sum = 0;
		dive(20);
		pause_co(&world->co);
	}
}

static void test_restored_in_the_middle(void **state)
{
	struct image *image;

	begin(&world->co, dive_and_add, NULL);
	co_switch(&world->host, &world->co);
	co_switch(&world->host, &world->co); /* at the bottom, twenty calls deep */
	image = image_take(region, NULL);
	assert_non_null(image);
	for (u32 again = 0; again < 3; again++) {
		co_switch(&world->host, &world->co);
		assert_int_equal(world->sum, 0);
		co_switch(&world->host, &world->co);
		assert_int_equal(world->sum, 3 * (20 * 21 / 2));
		co_switch(&world->host, &world->co);
		image_restore(region, image);
	}
	image_free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_starts_and_goes_on, make, destroy),
		cmocka_unit_test_setup_teardown(test_locals_survive, make, destroy),
		cmocka_unit_test_setup_teardown(test_stack_is_aligned, make, destroy),
		cmocka_unit_test_setup_teardown(test_two_take_turns, make, destroy),
		cmocka_unit_test_setup_teardown(test_sp_is_the_lowest_live_byte, make, destroy),
		cmocka_unit_test_setup_teardown(test_restored_in_the_middle, make, destroy),
	};

	return cmocka_run_group_tests_name("co", tests, NULL, NULL);
}
