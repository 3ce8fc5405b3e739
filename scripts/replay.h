/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replaying a trace: the accesses and calls of a real program, done by a machine.
 *
 * Addresses beyond 3 GiB, and so most of a 64-bit program's, are folded: each 16 MiB region of
 * the program keeps its number if that is below 192 and free, or else gets a free one from the
 * top. What lies in one region stays together; a mapping that spans regions is made in pieces.
 *
 * What the machine does not have is done in its place, and counted: brk by mmap and munmap, and
 * mremap as well where it moves what is no single mapping of the machine's. Mappings are readable
 * and writable from the start, until an mprotect; a shared anonymous one that is made in pieces is
 * an object for each.
 * A page that nobody mapped (execve's mappings are in no log) is
 * mapped at its first access, with its neighbours in the same 64 KiB: of a file if it was an
 * instruction that was fetched, anonymous otherwise.
 */
#ifndef SCRIPTS_REPLAY_H
#define SCRIPTS_REPLAY_H

#include "lackey.h"

#define REPLAY_STATS(X) \
	X(accesses, "accesses in the log") \
	X(fetches, "of these, instructions fetched (I)") \
	X(loads, "loads (L)") \
	X(stores, "stores (S)") \
	X(modifies, "loads and stores of one instruction (M)") \
	X(crossings, "accesses that touch two pages") \
	X(original, "accesses of the log that this one was compacted from") \
	X(pages, "pages touched, once for each process") \
	X(pages_code, "of these, instructions were fetched from") \
	X(pages_written, "of these, were written") \
	X(processes, "processes") \
	X(mmaps, "mappings made by the program") \
	X(munmaps, "munmap calls") \
	X(brks, "calls that moved the end of the heap, done by mmap and munmap") \
	X(mremaps, "mremap calls") \
	X(mremap_pages, "pages that such a call moved and that were mapped afresh here") \
	X(mprotects, "mprotect calls") \
	X(shared_anon, "mappings made by the program that are shared and anonymous") \
	X(forks, "forks") \
	X(execs, "execs, done as an exit and a new process") \
	X(exits, "exits") \
	X(files, "files mapped") \
	X(kernel_pages, "pages the kernel wrote for the program in read()") \
	X(implicit, "pages mapped at their first access, as nothing in the log maps them") \
	X(implicit_text, "of these, as text of the program, because the first access was a fetch") \
	X(folded, "16 MiB regions of addresses that were given another number") \
	X(refused, "accesses the machine refused (beyond the end of a file)") \
	X(refused_calls, "calls the machine refused") \
	X(dropped, "accesses of processes that were already gone")

struct replay_stats {
#define X(name, what) u64 name;
	REPLAY_STATS(X)
#undef X
};

struct replay_stat_row {
	const char *name, *what;
	u32 offset; /* in struct replay_stats */
};
extern const struct replay_stat_row replay_stat_rows[]; /* ends with a NULL name */

struct replay;

/* after_op, which may be NULL, is called on the host's stack after each operation, with arg; a run
 * of touches is one of kind touch, at the first of them, of as many pages. The machine stays the
 * caller's. */
struct replay *replay_new(struct machine *m, void (*after_op)(const struct op *op, void *arg),
			  void *arg);
void replay_free(struct replay *r);
/* From after_op: do nothing more. replay_run then answers false. */
void replay_stop(struct replay *r);
/* false: err is one line that says why; the machine's own report when it broke. */
bool replay_run(struct replay *r, const char *path, struct lackey_counts *counts, char *err,
		size_t n);
const struct replay_stats *replay_stats(const struct replay *r);

#endif
