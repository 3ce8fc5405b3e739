/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel is one const row: what it is, what it is made of, and what of it is not here. */
#ifndef KERNELS_H
#define KERNELS_H

#include "sim/types.h"

struct rmap_ops;
struct vmscan_ops;

struct kernel {
	const char *name;     /* "2.5.27", what machine{kernel=} takes */
	const char *date;     /* "2002-07-18" */
	const char *commit;
	const char *idea;     /* one sentence */
	const char *summary;  /* paragraphs; the last says plainly what is not modelled */
	const char *source;   /* "seed 000" */
	const struct rmap_ops *rmap;
	const struct vmscan_ops *vmscan;
	u32 page_struct_size; /* bytes on i386, mem_map is charged with it */
	const char *const *errata;  /* names, NULL-terminated */
	const char *const *missed;  /* mappings its rmap is known not to find */
};

extern const struct kernel *const kernels[]; /* in order of time, ends with NULL */
const struct kernel *kernel_by_name(const char *name); /* NULL: no such row */

#endif
