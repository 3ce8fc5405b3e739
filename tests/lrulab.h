/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of what all kernels of 2004 and later share: the lists of a zone, pagevecs,
 * vmscan_2004. A test is a function of a row and is run for each of them, one machine at a time.
 * The first row is none of history: 2.5.27 with the lists and the reclaim of 2.6 alone.
 */
#ifndef LRULAB_H
#define LRULAB_H

#include "lab.h"
#include "mm/swap.h"

extern const struct kernel *row; /* of the running test */

/* Run the test for each row; a failure names the row. */
void each_row(void (*test)(void));
#define ROW_TEST(name) { #name, run_##name, NULL, lab_destroy, NULL }
#define DEFINE_ROW_TEST(name) \
	static void name(void); \
	static void run_##name(void **state) { each_row(name); } \
	static void name(void)

/* What the row's reclaim is: of 2.6.0, 2.6.5 or 2.6.6; of 2.6.8 or 2.6.9; of 2.6.16. */
#define OF_THESE(v2003, v2004, v2006) \
	(row->vmscan == &vmscan_2_6_0 || row->vmscan == &vmscan_2_6_5 || \
	 row->vmscan == &vmscan_2_6_6 ? (v2003) : \
	 row->vmscan == &vmscan_2_6_16 ? (v2006) : (v2004))

/* Boot m with the row. ram and swap in pages. */
void row_boot(u32 ram, u32 swap, u32 cpus);
/* On a kernel thread: is the list of zone n, from the head, exactly these? */
bool zone_list_is(u32 n, bool active, u32 count, struct page *const *pages);
/* A process with one page, written with 4711: its pid, its address, its frame. */
extern u32 pid, at, pfn;
extern struct page *mine;
void one_page(u32 ram, u32 swap);
/* The page from wherever it is to the inactive list, forgotten by everybody who used it. */
void make_idle(u32 frame);

#endif
