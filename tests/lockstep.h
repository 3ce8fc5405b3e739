/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every kernel there is, one machine each, and to all of them the same happens:
 *
 *	             write            mremap                      truncate
 *	first    |--- 0 ---|      |-- EFAULT --|   munmap     |---- 0 ----|
 *	 ...     |--- 0 ---|  ==  |---- 0 -----|   on all     |---- 0 ----|  ==
 *	last     |--- 0 ---|      |---- 0 -----|              |---- 0 ----|
 *	                              ^ a row of lockstep_exceptions: 2.5.27, and why
 *
 * After each operation the answers are compared: words, errno, signals and where they came from;
 * then, page by page, what the process has mapped and with which rights. The last kernel is what
 * the others are compared with. Borders of vmas are each kernel's own business. Where history
 * differs a row of lockstep_exceptions says so; what such an operation named is unmapped on all
 * machines, or its process ended, so that they are the same again. Nothing else is excused.
 *
 * Addresses are always explicit, and lie in the arena or the heap of twin.h, whose generator makes
 * most of the operations.
 */
#ifndef LOCKSTEP_H
#define LOCKSTEP_H

#include "twin.h"

#define LOCKSTEP_ROWS 16
#define LOCKSTEP_LOCKED 8u            /* pages: a process locks no more */
#define ANY_ANSWER INT32_MAX

struct lockstep {
	u32 n;                                /* kernels; the last one is the measure */
	const struct kernel *kernel[LOCKSTEP_ROWS];
	struct machine *m[LOCKSTEP_ROWS];
	u16 pid[LOCKSTEP_ROWS][TWIN_PROCESSES];
	struct twin t;                        /* what the generator looks at: the last one's */
	struct op op[LOCKSTEP_ROWS];          /* the same one on each, with its answer */
	u32 process;                          /* whose, in pid; where op.pid is not 0 */
	struct {
		u32 n;
		struct vma_view vma[TWIN_MAX_VMAS];
	} vmas[LOCKSTEP_ROWS];                /* of that process, before the operation */
	u32 brk;                              /* before it */
	u64 ops, compared, not_locked;        /* operations; pages read on all; not made */
	bool disordered;                      /* pages of the file were mapped out of order */
	u8 cause;                             /* the operation after which places are compared */
	char why[1600];                       /* what went wrong; empty: nothing */
};

enum lockstep_difference {
	LS_ANSWER,   /* of an operation: was on the kernels of the row, is on the last */
	LS_LATER,    /* the same answer, or that of another row, but what it left differs */
	LS_PLACES,   /* a word read, or its signal, where file pages are out of order */
	LS_EXEC,     /* memory of the heap may be executed */
	LS_LACK,     /* there is no such call: what it does is done in another way */
	LS_MEMORY,   /* the kernel found no memory, or chose somebody to kill */
};

struct lockstep_exception {
	const char *name;
	u8 what;                      /* enum lockstep_difference */
	const char *from, *to;        /* kernels; NULL: the first, the last but one */
	u8 kind;                      /* enum op_kind; NR_OPS: any */
	s32 was, is;                  /* 0, an errno, -signal, or ANY_ANSWER */
	bool (*when)(const struct lockstep *l, u32 k); /* NULL: always */
	const char *why;              /* a sentence */
};
/* Ends with a row without a name. */
extern const struct lockstep_exception lockstep_exceptions[];

/* The row that excuses what kernel k answered or left; NULL: none. And the same, counted. */
const struct lockstep_exception *lockstep_excuse(const struct lockstep *l, u32 k,
						 enum lockstep_difference what);
bool lockstep_excused(const struct lockstep *l, u32 k, enum lockstep_difference what);
/* How often each row was used, to the test's output. */
void lockstep_print_excused(void);

/* All kernels; with KERNEL in the environment that one and the last. false: why says what went
 * wrong. To be ended in any case. */
bool lockstep_begin(struct lockstep *l, u64 seed);
void lockstep_end(struct lockstep *l);
/* The operation that this random number comes to now. */
bool lockstep_do(struct lockstep *l, u64 step);
/* Maps and a word of every page of every process, words of the file, on all; every invariant. */
bool lockstep_compare(struct lockstep *l);
bool lockstep_check(struct lockstep *l);
/* false; why says what, and what each kernel answered. */
bool lockstep_wrong(struct lockstep *l, const char *what);

/* lockstep_steps.c: l->t.call.op from a random number; its process is known. */
void lockstep_make_op(struct lockstep *l, u64 step);

/* lockstep_maps.c: of each page of arena and heap, in that order: 0, or 16, 32 when it is locked,
 * and the vma's VM_READ to VM_SHARED. false: process p has something elsewhere. */
#define LOCKSTEP_PAGES (ARENA_PAGES + HEAP_PAGES)
bool lockstep_maps(const struct lockstep *l, u32 k, u32 p, u8 *pages);
u32 lockstep_page_address(const struct lockstep *l, u32 i);
bool lockstep_same_maps(struct lockstep *l, u32 p);

/* Before the operation: the vma of kernel k at an address; NULL: none. */
const struct vma_view *lockstep_vma(const struct lockstep *l, u32 k, u32 at);
/* Is what the operation names a shared anonymous mapping? It has no name by which a kernel without
 * remap_file_pages could map it anew. */
bool lockstep_nameless(const struct lockstep *l, const struct op *op);
/* Does [at, at + len) begin and end in the same vma? */
bool lockstep_one_vma(const struct lockstep *l, u32 k, u32 at, u32 len);

#endif
