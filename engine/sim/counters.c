/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of the counter table. */
#include "counters.h"

const struct counter_row counter_rows[] = {
#define X(name_, what_) { #name_, what_, offsetof(struct counters, name_) },
	COUNTERS(X)
#undef X
	{ NULL, NULL, 0 },
};
