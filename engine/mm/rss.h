/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many pages an address space has in memory, from 2.6.16 on: those of files and the others,
 * each counter by itself and atomic where page tables have locks of their own, since then no one
 * lock guards it. Before that mm->rss is a plain number under page_table_lock. Source: 2.6.16
 * include/linux/sched.h.
 */
#ifndef MM_RSS_H
#define MM_RSS_H

#include "mm/vm.h"

/* member is file_rss or anon_rss; n may be negative. */
#define add_mm_counter(mm, member, n) do { \
	if (VM->split_ptlock) \
		locked_op(SP_ATOMIC, &(mm)->member); \
	(mm)->member += (u32)(n); \
} while (0)
#define inc_mm_counter(mm, member) add_mm_counter(mm, member, 1)
#define dec_mm_counter(mm, member) add_mm_counter(mm, member, -1)

#endif
