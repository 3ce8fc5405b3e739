/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of words, most of which are 0: page tables, directories, swap entries of a file. */
#ifndef SIM_WORDS_H
#define SIM_WORDS_H

#include "types.h"

#define LINE_WORDS 16u /* a cache line of the host */

static inline bool line_is_empty(const u32 *line)
{
	typedef u64 pair_t __attribute__((vector_size(16), may_alias, aligned(4)));
	const pair_t *p = (const pair_t *)line;
	pair_t any = p[0] | p[1] | p[2] | p[3];

	return !(any[0] | any[1]);
}

/* The first of words[i ... nr - 1] that is not 0; nr: all are. */
static inline u32 word_next(const u32 *words, u32 i, u32 nr)
{
	while (i < nr && !words[i])
		i += i + LINE_WORDS <= nr && line_is_empty(words + i) ? LINE_WORDS : 1;
	return i;
}

#endif
