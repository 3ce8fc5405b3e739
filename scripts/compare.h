/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One workload on several kernels, in lockstep of operations.
 *
 *	           operation 1        operation 2          operation 3
 *	2.5.27    |-- mmap --o       |--- write ---o      |--- fork ---o
 *	2.6.0     |-- mmap --o       |---- write ----o    |-- fork --o
 *	4.0       |- mmap -o         |-- write --o        |----- fork -----o
 *	                      ^ here all stand still: the answers, and what each process sees
 *	                        of its address space, are laid side by side
 *
 * What a user can see must be the same: values, signals, errno, and page by page what is mapped
 * and how it is protected. Faults, reclaim, frames and time are each kernel's own business. What
 * differs all the same, because history does, is a row of the table in compare_history.c.
 *
 * A process, and a mapping whose place the kernel chose, are the same one on each kernel because
 * the same operation made them; pids and addresses need not be equal.
 *
 *	cmd_compare.c       the command line        compare_history.c   what may differ
 *	compare.c           lockstep, answers       compare_reclaim.c   who was taken from memory
 *	compare_run.c       one workload, stepped   compare_report.c    all that is printed
 *	compare_seen.c      processes, their maps     compare_table.c     ... as a table
 */
#ifndef SCRIPTS_COMPARE_H
#define SCRIPTS_COMPARE_H

#include "engine.h"

#define MAX_RUNS 16

/* -- compare_run.c: a workload on one kernel, an operation at a time --------------------------- */

/* What is run on every kernel. */
struct workload {
	const char *file;
	int argc;                     /* strings for the script's `...` */
	char **argv;
	bool is_trace;
	struct machine_config config; /* of a trace's machine; but for the kernel */
	bool (*pass_over)(const struct op *op, void *arg); /* see struct session_config */
	void *arg;
};

enum run_state { RUN_OP, RUN_END, RUN_FAILED };

struct run {
	const struct kernel *kernel;
	u8 state;                     /* enum run_state */
	struct op op;                 /* RUN_OP: the operation, with its answer */
	u32 index;                    /* of the machine it was for, in order of creation */
	const struct machine *m;      /* that machine */
	char error[1000];             /* RUN_FAILED: one line */
	struct session *session;      /* a script, or */
	struct trace *trace;          /* a trace */
	bool begun;
};

/* Is it a trace of lackey's, by its first bytes? Lua begins with neither. */
bool looks_like_trace(const char *path);
/* NULL: cannot; err is one line. Nothing has run yet. */
struct run *run_open(const struct workload *w, const struct kernel *k, char *err, size_t n);
void run_close(struct run *r);
/* Go on to the end of the next operation. A run that has ended or failed stays so. */
void run_next(struct run *r);
/* Machines made so far. */
u32 run_machines(const struct run *r);
const struct machine *run_machine(const struct run *r, u32 i);
/* Did the machine of the last operation break? It answers inspection only. */
bool run_broken(const struct run *r);

/* -- compare_seen.c: processes, and what each sees --------------------------------------------- */

/* A mapping that the kernels put at different addresses; pages of it that are still there. */
struct place {
	u32 at[MAX_RUNS], len;
};

/* Flags as operations take them, see op.h; and vma flags. */
enum { MAP_FIXED = 0x10, MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };
enum { VM_READ = 1, VM_WRITE = 2, VM_EXEC = 4, VM_SHARED = 8 };

/* A process: the same one on each kernel. */
struct peer {
	u32 machine;
	u32 pid[MAX_RUNS];
	bool apart;           /* not the same any more, and history says why: not compared */
	struct place *places;
	u32 nr_places, room_places;
};

/* Pages in a row with the same rights, at the addresses of the first kernel. */
struct range {
	u32 start, end;
	u8 prot;              /* VM_READ, VM_WRITE, VM_EXEC, VM_SHARED */
};

struct ranges {
	struct range *r;
	u32 n, room;
	struct vma_view *vmas; /* room to work in */
	u32 room_vmas;
};

struct compare;

/* The process an operation ran on; NULL: none, or the machine's own thread. */
struct peer *peer_of(const struct compare *c, u32 run, u32 machine, u32 pid);
bool peer_alive(const struct compare *c, u32 run, const struct peer *p);
/* What the process has mapped on that kernel, in order, neighbours with the same rights in one. */
void peer_ranges(const struct compare *c, u32 run, const struct peer *p, struct ranges *out);
void ranges_add(struct ranges *out, u32 start, u32 end, u8 prot);
/* Sort them; neighbours with the same rights become one. */
void ranges_join(struct ranges *out);
bool same_ranges(const struct ranges *a, const struct ranges *b);
/* An address of that kernel as the first kernel has it. */
u32 place_on_first(const struct peer *p, u32 run, u32 address);
/* After an operation that went equally well everywhere: who is new, what lies where ... */
void peers_follow(struct compare *c);
/* ... and, when all has been compared, what lies there no more. */
void peers_forget(struct compare *c);
/* Can these be the same address, or was nothing ever put so far apart? */
bool same_address(const struct compare *c, u32 run, u32 first, u32 address);
/* Do the addresses the operation names belong to the same mappings? Beside a mapping whose place
 * the kernel chose lies something else on each kernel. */
bool same_reach(const struct compare *c, u32 run);
void peers_free(struct compare *c);

/* -- compare_history.c: what may differ -------------------------------------------------------- */

struct history {
	const char *name, *sentence;
	const char *until;    /* the last kernel of the old way; NULL: explains decides alone */
	const char *call;     /* of this operation, by its name in op.h */
	s32 was, is;          /* the old way's answer and the new one's: errno, -signal or 0 */
	bool (*when)(const struct op *op);
	bool lacks;           /* the old kernels do not have it: passed over on all */
	bool parts;           /* after it the process is not compared any more */
	/* Is this why run's answer differs from the first one's? NULL: by until, call, was, is. */
	bool (*explains)(const struct compare *c, u32 run);
};
extern const struct history history[]; /* compare_table.c; ends with a NULL name */
/* Names of rows that something else than an answer calls for. */
extern const char row_memory[], row_beside[], row_hole[], row_dontneed[], row_heap[],
	row_heap_moved[], row_stack[];
#define MAX_HISTORY 64
#define ANY_ERROR INT32_MAX           /* was, is: any but 0 */

/* Is the kernel the one of that name, or older? */
bool is_old(const struct kernel *kernel, const char *until);
/* Processes killed for want of memory, on the machine of the last operation. */
u64 kills_of(const struct run *r);
/* pass_over of a workload; arg is the struct compare. */
bool history_lacks(const struct op *op, void *compare);
/* Note that an operation was passed over. */
void history_note_lack(struct compare *c);
/* Is that run's answer listed? Then it is noted. */
bool history_explains(struct compare *c, u32 run);
/* Does the operation reach beside a mapping whose place the kernel chose? Then it is noted, and
 * nobody compares that process any more. */
bool history_reaches_beside(struct compare *c);
/* Is it listed that a process lives on one of the two only; for its maps, c->first and c->second,
 * which are as they are to be compared then. */
bool history_explains_death(struct compare *c, u32 run);
bool history_explains_maps(struct compare *c, u32 run, const struct peer *p);
/* The row that does, noting nothing; NULL: none. */
const char *maps_explained(struct compare *c, u32 run, const struct peer *p);
/* Things to remember after each operation. */
void history_follow(struct compare *c);

/* -- compare_reclaim.c: --at first-reclaim ----------------------------------------------------- */

/* Pages of processes: the number of the peer << 20 | the page's number on the first kernel. */
struct pages {
	u64 *key;
	u32 n, room;
};

/* The pages a process has in memory, before and after the operation. */
struct resident {
	struct pages before, after;
};

struct residents {
	struct resident *peer;        /* of each peer */
	u32 nr_peers, room_peers;
	struct pages taken;           /* there before, and gone though still mapped */
	u64 stolen, scanned, visited; /* by the last operation: pages freed, looked at; ptes */
	u64 stolen_before, scanned_before, visited_before;
	u64 now;                      /* virtual time of the machine */
};

/* After each operation. true: the kernels took different pages, or freed different numbers. */
bool reclaim_differs(struct compare *c);
void reclaim_free(struct compare *c);

/* -- compare.c --------------------------------------------------------------------------------- */

enum verdict {
	SAME,
	OTHER_OP,      /* the script itself goes another way */
	OTHER_ANSWER,
	OTHER_LIFE,    /* a process lives on one and not on the other */
	OTHER_MAPS,
	OTHER_RECLAIM, /* asked for by at_reclaim */
	ALL_FAILED,    /* the workload fails on every kernel */
};

struct compare {
	struct run *runs[MAX_RUNS];
	u32 n;
	bool at_reclaim;
	u64 ops;                       /* done on every kernel */
	bool over;                     /* every run has ended */
	u8 verdict;                    /* enum verdict */
	u32 other;                     /* the run that differs from the first */
	struct peer *peers, *peer;     /* peer: whose life or maps differ */
	u32 nr_peers, room_peers;
	u32 *deltas[MAX_RUNS];         /* how far mappings are from where the first has them */
	u32 nr_deltas[MAX_RUNS], room_deltas[MAX_RUNS];
	struct ranges first, second;
	struct {
		u64 times, first, last; /* after how many operations, and which */
		char text[200];         /* the first of them */
	} noted[MAX_HISTORY];
	bool all_apart;                /* what processes share is not the same any more */
	bool nonlinear, truncated;     /* a file was mapped out of order; a file became shorter */
	struct residents residents[MAX_RUNS];
};

/* Run to the end, or to the first difference that is not listed. tell, which may be NULL, hears
 * how many operations are done, now and then. */
void compare_all(struct compare *c, void (*tell)(u64 ops));

/* What the operation is on that kernel, and its answer. */
static inline const struct op *op_of(const struct compare *c, u32 run)
{
	return &c->runs[run]->op;
}

static inline const struct kernel *kernel_of(const struct compare *c, u32 run)
{
	return c->runs[run]->kernel;
}

/* -- compare_report.c -------------------------------------------------------------------------- */

/* "init: write(at 40000000, word 7)" */
void op_text(const struct run *r, char *buf, size_t n);
/* Everything, to stdout. */
void compare_report(struct compare *c);

#endif
