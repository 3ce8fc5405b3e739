/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As t450_random, on machines of 64 frames, and checked after every event.
 *
 *	EVERY_EVENT=1 t450_random SEED 1 1000 64     one run of its own
 *	KERNEL=NAME   this kernel alone; otherwise each there is, one after the other
 *	SOAK=1        20 seeds of 2,000 operations instead of 4 of 1,000
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "random_work.h"

static void checked_after_every_event(void **state)
{
	random_run((struct plan){ .seed = 101, .seeds = RANDOM_SEEDS,
				  .ops = getenv("SOAK") ? 2000 : 1000, .frames = 64,
				  .every_event = true });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checked_after_every_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
