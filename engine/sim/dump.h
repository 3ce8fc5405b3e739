/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canonical dump: the whole state as text, every object in a fixed order, no host address.
 * Two machines are equal when their dumps are. Also a Graphviz picture of pages, chains, tables
 * and processes.
 */
#ifndef SIM_DUMP_H
#define SIM_DUMP_H

#include "types.h"

struct machine;

/* Host memory, to be freed by the caller; NULL when the host has none. */
char *dump_machine(const struct machine *m);
char *dump_graph(const struct machine *m);
/* A 64-bit hash of the dump's text, without building it. */
u64 dump_hash(const struct machine *m);

#endif
