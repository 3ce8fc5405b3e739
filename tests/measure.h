/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benchmarks share: the host's clock and memory, medians, machines, a real trace. */
#ifndef TESTS_MEASURE_H
#define TESTS_MEASURE_H

#include "engine.h"

/* Seconds of the host's clock, from some moment on. */
double measure_now(void);
/* Seconds that this process has had a processor of the host. */
double measure_cpu(void);
/* The middle of n values (of an even number, the lower one); sorts them. */
double measure_median(double *values, u32 n);
/* Bytes of this process that are in memory now. */
u64 measure_resident(void);

/* Print one figure beside what it should be: "name  1.62 x   <= 3 x   what". ok marks it. */
void measure_print(const char *name, double figure, const char *unit, const char *anchor, bool ok);

/* A machine with 2.5.27 and the rest of the configuration; the program ends when it cannot be. */
struct machine *measure_machine(u64 ram, u64 swap, u32 cpus);
/* Run an operation that must succeed; its result. */
s64 measure_op(struct machine *m, struct op op);

/*
 * The page touches of a compacted trace in tests/data, as op_touch_pages takes them; addresses
 * are folded into 32 bits by numbering the stretches of 16 MiB in the order they come up.
 * The words belong to the caller (free). The program ends when there is no such trace.
 */
struct trace {
	u32 *words;
	u64 n;
	u32 regions;       /* 16 MiB each, from TRACE_BASE on */
	u64 accesses;      /* in the program before compaction */
};
#define TRACE_BASE 0x10000000u
#define TRACE_REGION (16u << 20)
struct trace measure_trace(const char *name);

#endif
