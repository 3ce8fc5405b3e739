/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtual time in nanoseconds. Every step charges what it would have cost on a 1 GHz Pentium III
 * with 100 MHz memory; the table is printed by `rmaplab doctor` and documented in clock.c.
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include "types.h"

#define COSTS(X) \
	X(LOCKED_OP, 40, "a LOCK-prefixed instruction on two cpus") \
	X(CACHE_LINE, 100, "a cache line from memory: a list node, a pte, a struct page") \
	X(TLB_MISS, 30, "a two-level walk whose entries are mostly in the L2 cache") \
	X(INVLPG, 150, "flushing one TLB entry") \
	X(CR3_RELOAD, 500, "flushing the TLB and refilling the hot part") \
	X(IPI, 2000, "asking another cpu to flush") \
	X(FAULT, 400, "taking a page fault and returning") \
	X(PAGE_CLEAR, 2000, "clearing 4 KiB") \
	X(PAGE_COPY, 5000, "copying 4 KiB") \
	X(ALLOC, 150, "taking a frame from the buddy lists") \
	X(SYSCALL, 300, "entering and leaving the kernel") \
	X(SWITCH, 1500, "switching to another thread")

enum cost {
#define X(name, ns, what) COST_##name,
	COSTS(X)
#undef X
	NR_COSTS
};

struct cost_row {
	const char *name, *what;
	u32 ns;
};

extern const struct cost_row cost_rows[NR_COSTS];

#define X(name, ns, what) COST_NS_##name = (ns),
/* COST_NS_name: the same figures as constants, for charge(). */
enum { COSTS(X) };
#undef X

/* Charge one step to the current machine's clock. */
#define charge(what) (current->machine->now += COST_NS_##what)
#define charge_n(what, n) (current->machine->now += (u64)COST_NS_##what * (n))

#endif
