/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Twins: a modelled machine and real processes of this computer (hostvm.h), to which the same
 * happens. Each operation is made on both, and then compared: results, errors, signals, words, and
 * page by page what is mapped and how.
 *
 *	model    7ff80000       arena         start_brk   heap        the same distances
 *	real     2000 00100000  arena         the break   heap        in both
 *
 * The modelled kernel is ten or twenty years older than the real one. Where the two are known to
 * differ a row of twin_exceptions says so: which kernels, which operations, what each of them
 * answers. What such an operation left behind is unmapped on both sides. Nothing else is excused.
 */
#ifndef TWIN_H
#define TWIN_H

#include "engine.h"
#include "hostvm.h"

#define TWIN_PROCESSES 4
#define TWIN_MAX_VMAS 400
#define MODEL_ARENA 0x7ff80000u   /* page 128 of it has a page table of its own */
#define ARENA_PAGES ((u32)(HOST_ARENA >> 12))
#define HEAP_PAGES 48u
#define FILE_PAGES 16u
#define NO_INODE 99u

struct twin;

/* One operation on both. Addresses are the model's, where they are not called real. */
struct twin_call {
	struct twin *t;
	u32 process;                /* index in t->procs */
	struct op op;               /* and what the model answered */
	struct host_reply real;
	u32 brk;                    /* the model's before a brk, and 0 before all else */
	u32 nr_vmas;                /* the model's, before the operation */
	struct vma_view vmas[TWIN_MAX_VMAS];
	bool written[TWIN_MAX_VMAS]; /* it has an anon_vma */
};

/* What a row of the table is about. */
enum twin_difference {
	TWIN_ANSWER,    /* model and real answer as the row says, when(c) being true */
	TWIN_LATER,     /* the same answers, but they leave something that shows later */
	TWIN_SKIP,      /* the operation is not made */
	TWIN_HEAP_EXEC, /* memory from brk may be executed */
	TWIN_BORDER,    /* a vma begins or ends where no real one does, or the other way round */
	TWIN_BORDERS,   /* and all those of the kernel may */
};

/* An address where only one of the two has a border between vmas. */
struct twin_border {
	u32 at;
	bool in_model;              /* the model has it */
	const struct vm_area_struct *below, *above; /* the model's; one and the same if not */
};

struct twin {
	struct machine *m;
	struct hostvm host;
	const struct kernel *kernel;
	struct {
		u16 pid;            /* in the model */
		u8 slot;            /* of the host */
	} procs[TWIN_PROCESSES];
	u32 nr_procs;
	u32 file, heap;             /* the model's inode and start_brk */
	u64 ops;
	struct op made;             /* the last that twin_do chose */
	bool trace;                 /* TRACE in the environment: each operation, to stderr */
	u64 not_locked;             /* operations not made as they would lock too much */
	/* A mapping that each kernel put where it liked, for as long as it is there. */
	struct {
		u32 model, len;
		u64 real;
	} elsewhere;
	struct twin_border border;
	struct twin_call call;
	char why[1600];             /* what went wrong; empty: nothing */
};

struct twin_exception {
	const char *name;
	u8 what;                    /* enum twin_difference */
	const char *from, *to;      /* rows of kernels[]; NULL: the first, the last */
	u32 since;                  /* real kernels from this on, major << 8 | minor */
	s32 model, real;            /* 0, an errno, or -signal; TWIN_BORDER: 1, who has it */
	bool (*when)(const struct twin_call *c);
	const char *why;            /* a sentence */
};
/* Ends with a row without a name. */
extern const struct twin_exception twin_exceptions[];

/* The row that excuses what c, which is done, was answered; that is about c in another way; that
 * excuses a difference of that kind in the state. NULL: there is none. */
const struct twin_exception *twin_excuse(const struct twin_call *c);
const struct twin_exception *twin_about(const struct twin_call *c, enum twin_difference what);
const struct twin_exception *twin_allows(const struct twin *t, enum twin_difference what);
/* Count a row as used; how often each was, one line for each that was, to the test's output. */
void twin_count(const struct twin_exception *e);
void twin_print_excused(void);

/* false: why says what went wrong. It is to be ended by twin_end in any case. */
bool twin_begin(struct twin *t, const struct kernel *kernel, u64 seed);
void twin_end(struct twin *t);
/* The operation that this random number comes to now, and a look at a random word. */
bool twin_do(struct twin *t, u64 step);
/* Compare the maps of every process, and a word of each of their pages. */
bool twin_compare(struct twin *t);
bool twin_compare_words(struct twin *t);

/* twin_steps.c: c->op from a random number. c->process and its vmas are known. */
void twin_make_op(struct twin_call *c, u64 step);
/* One of the words that are stored to, mostly where c's process has something mapped. */
u32 twin_word_at(const struct twin_call *c, u64 dice);

/* The vma of the model that held this address before the call; NULL: none. */
const struct vma_view *twin_vma(const struct twin_call *c, u32 at);
/* Was [at, at + len), pages, in one vma of the model before the call; is it in a real one now? */
bool twin_one_vma(const struct twin_call *c, u32 at, u32 len);
bool twin_one_real_vma(const struct twin_call *c, u32 at, u32 len);

/* twin_maps.c: is an address one of the arena or the heap? The real address of another's. */
bool twin_in_window(const struct twin *t, u32 at);
bool twin_real_in_window(const struct twin *t, u64 at);
u64 twin_real(const struct twin *t, u32 at);
#define TWIN_REAL_KERNEL 0xffff800000000000ull
/* The vmas of the model's process now, at most TWIN_MAX_VMAS. Returns how many. */
u32 twin_vmas(const struct twin_call *c, struct vma_view *vmas);
/* Is the same mapped in both of the call's processes? And then: is there a border that only one of
 * them has? t->border is the first. */
bool twin_compare_maps(struct twin *t);
bool twin_find_border(struct twin *t);
/* The first vma of the model's process, not as a view of it. */
const struct vm_area_struct *twin_first_vma(const struct twin_call *c);
/* false; why says what, in which operation, and what either answered. */
bool twin_wrong(struct twin *t, const char *what);

#endif
