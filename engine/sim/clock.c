/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cost table. The figures stand for a Pentium III of 1 GHz with 100 MHz memory, the desktop of
 * July 2002; they are round on purpose. What is computed with them is a ratio ("10 % off fork"),
 * and every such figure is shown together with the counters it was made of.
 */
#include "clock.h"

const struct cost_row cost_rows[NR_COSTS] = {
#define X(name_, ns_, what_) [COST_##name_] = { .name = #name_, .what = what_, .ns = (ns_) },
	COSTS(X)
#undef X
};
