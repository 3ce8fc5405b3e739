/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of the kernel's parts: a booted machine, code of the test running on one of its kernel
 * threads, operations by processes, and the events that came of it.
 *
 * A check that fails on a kernel thread must not jump off its stack: require() notes the first
 * failure and returns from the body; lab_run() then fails on the host's stack.
 */
#ifndef LAB_H
#define LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine.h"
#include "i386/mmu.h"
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

extern struct machine *m; /* the machine of the running test */

/* Boot m. ram and swap in pages; every event is kept. */
void lab_boot(u32 ram, u32 swap, u32 cpus);
/* The same with a configuration of the caller's own; kernel is filled in when it is NULL. */
void lab_boot_config(struct machine_config config);
int lab_destroy(void **state); /* a teardown */

/* Run fn(arg) on the machine's own thread, to its end. */
void lab_run(void (*fn)(void *), void *arg);
/* A second kernel thread on the last cpu; it starts with the next lab_run or operation. */
void lab_spawn(const char *name, void (*fn)(void *), void *arg);

/* On such a thread: a new file, known to the content truth. */
struct inode *lab_file(u64 size);

/* One operation that must succeed, and one that must end with this error. */
s64 lab_op(enum op_kind kind, u32 pid, const u64 *arg);
void lab_op_fails(s32 error, enum op_kind kind, u32 pid, const u64 *arg);
#define OP(kind, pid, ...) lab_op(OP_##kind, pid, (const u64[6]){ __VA_ARGS__ })
#define OP_FAILS(error, kind, pid, ...) \
	lab_op_fails(error, OP_##kind, pid, (const u64[6]){ __VA_ARGS__ })

/* A process with len pages of private anonymous memory, read-write; *at is where. */
u32 lab_process(u32 pages, u32 *at);
/*
 * Reclaim want pages, n times. A kernel that walks page tables only when very many pages are in
 * use is made to walk them each time, so that a few pages lose their ptes there, too.
 */
void lab_reclaim(u32 n, u32 want);
/* Asserts that rmap and oracle find n mappings of the frame, the same ones; of a kernel without
 * rmap, that it says so: none found, all missed, not even counted. */
void lab_mapped_by(u32 pfn, u32 n);
/* The frame behind an address of a process; fails when nothing is mapped there. */
u32 lab_pfn(u32 pid, u32 address);

/* Who has a slot of area 0: ptes, shared memory, and the swap cache. */
u32 lab_claims(u32 slot);

/* Called at each event, before it is kept: what another cpu does at this very moment. */
extern void (*lab_on_event)(const struct event *ev);

/* The events since the last lab_forget(). */
void lab_forget(void);
u32 lab_count(enum event_kind kind);
/* Of those before that one. */
u32 lab_count_before(enum event_kind kind, const struct event *end);
/* Of those with this first operand. */
u32 lab_count_of(enum event_kind kind, u32 first);
/* The first of that kind; fails when there is none. */
const struct event *lab_first(enum event_kind kind);
/* The n-th of that kind and first operand, from 0; fails when there are not so many. */
const struct event *lab_event(enum event_kind kind, u32 first, u32 n);

void lab_note(const char *file, int line, const char *what);
#define require(cond) do { \
	if (!(cond)) { \
		lab_note(__FILE__, __LINE__, #cond); \
		return; \
	} \
} while (0)

/* Free frames, and those that were made chain nodes or slabs and need not come back. */
u64 lab_free_or_for_ever(void);

#endif
