/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations on machines of 64 to 1,024 frames, everything checked after each of them: no
 * broken invariant, no lost content, rmap equal to the oracle, and nothing left over when all is
 * over.
 *
 *	t450_random [SEED [SEEDS [OPS [FRAMES [CPUS]]]]]     one run of its own, for looking into
 *	t450_random --log SEED OPS FRAMES CPUS STRESS        every event and the dump, to stdout
 *	KERNEL=NAME   this kernel alone; otherwise each there is, one after the other
 *	SOAK=1        20 seeds of 200,000 operations instead of 4 of 10,000
 *
 * A failing list of steps is shrunk before it is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_work.h"
#include "workload.h"

static void checked_after_every_operation(void **state)
{
	random_run((struct plan){ .seed = 1, .seeds = RANDOM_SEEDS,
				  .ops = getenv("SOAK") ? 200000 : 10000 });
}

static u32 number(int argc, char **argv, int i, u32 otherwise)
{
	return argc > i ? (u32)strtoul(argv[i], NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checked_after_every_operation),
	};
	struct plan p = {
		.kernel = workload_kernel(),
		.seed = number(argc, argv, 1, 0), .seeds = number(argc, argv, 2, 1),
		.ops = number(argc, argv, 3, 10000), .frames = number(argc, argv, 4, 0),
		.cpus = number(argc, argv, 5, 0), .every_event = getenv("EVERY_EVENT") != NULL,
	};
	u32 failed = 0;

	if (argc > 1 && !strcmp(argv[1], "--log")) {
		struct machine_config config =
			workload_config(workload_kernel(), number(argc, argv, 2, 1),
					number(argc, argv, 4, 128), number(argc, argv, 5, 1));

		config.stress = number(argc, argv, 6, 0);
		return workload_log(&config, number(argc, argv, 3, 1000));
	}
	if (argc == 1)
		return cmocka_run_group_tests(tests, NULL, NULL);
	for (; p.seeds--; p.seed++)
		failed += !random_seed(&p);
	return failed != 0;
}
