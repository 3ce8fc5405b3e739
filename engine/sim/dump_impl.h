/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the lines of a dump go: into growing host memory, or through a hash. */
#ifndef DUMP_IMPL_H
#define DUMP_IMPL_H

#include "dump.h"

struct dump {
	const struct machine *m;
	char *text;     /* NULL: only the hash is wanted */
	size_t len, room;
	u64 hash;
	bool want_text, no_memory;
};

/* Append to the dump. */
void put(struct dump *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* dump_objects.c: what the kernel has, section by section. */
void dump_kernel(struct dump *d);

#endif
