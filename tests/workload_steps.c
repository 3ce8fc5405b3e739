/* SPDX-License-Identifier: GPL-2.0-only */
/* The random steps of a workload, the same for the same seed, and how operations are printed. */
#include "workload.h"

#include <stdio.h>

u64 workload_random(u64 *state)
{
	u64 z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

struct step workload_step(u64 *state)
{
	struct step s = { .what = (u32)workload_random(state) };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(s.r); i++)
		s.r[i] = (u32)(workload_random(state) >> 16);
	return s;
}

void workload_print_op(const struct op *op, char *buf, size_t n)
{
	int len = snprintf(buf, n, "%s", op->kind < NR_OPS ? op_rows[op->kind].name : "?");
	u32 i, last = 0;

	for (i = 0; i < ARRAY_SIZE(op->arg); i++)
		if (op->arg[i])
			last = i + 1;
	if (op->pid && (size_t)len < n)
		len += snprintf(buf + len, n - (size_t)len, " pid %u", op->pid);
	for (i = 0; i < last && (size_t)len < n; i++)
		len += snprintf(buf + len, n - (size_t)len, " %llx",
				(unsigned long long)op->arg[i]);
}
