/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checker walks the whole machine and names every broken invariant. Some hold after every
 * event, some only when no operation is in the middle of the object ("quiet"): a page whose lock,
 * chain lock or owner's page_table_lock is held, or an mm whose thread is inside an operation, is
 * skipped for those.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "types.h"

struct machine;

struct violation {
	const char *invariant; /* short fixed name, "rmap-equals-oracle" */
	char text[200];        /* what is wrong, with ids */
};

/* Returns how many invariants are broken; the first max of them are described in out. Host or
 * script stack only; changes nothing. */
u32 check_machine(const struct machine *m, struct violation *out, u32 max);

/* The same; the first broken invariant becomes the machine's report. This is machine_ops.check. */
void check_report(struct machine *m);

struct invariant_row {
	const char *name, *sentence;
	bool always;  /* holds after every event, not only at quiescence */
};
extern const struct invariant_row invariant_rows[]; /* ends with a NULL name */

#endif
