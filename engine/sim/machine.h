/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine: one region that holds the whole modelled state. struct machine is its first heap
 * block; `machine_ram` is its frames part.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "clock.h"
#include "counters.h"
#include "event.h"
#include "list.h"
#include "rcu.h"
#include "region.h"
#include "sched.h"
#include "types.h"

struct cpu;
struct disk;
struct page;
struct truth;
struct vm_state;
struct kernel;
struct swapoff_ops;
struct image;

#define MAX_CPUS 8
#define MAX_DISKS 33

/* What machine{} in Lua and machine_create() take. All sizes in bytes. */
struct machine_config {
	const struct kernel *kernel;
	u64 ram;           /* 256 KiB .. 4 GiB, with pae 64 GiB; whole pages */
	u64 swap;          /* of the first swap area; 0: none */
	u64 dma_end;       /* end of ZONE_DMA; 0: 16 MiB */
	u64 highmem_start; /* start of ZONE_HIGHMEM; 0: 896 MiB */
	u64 seed;
	u32 cpus;          /* 1 .. MAX_CPUS */
	bool pae;          /* page tables of three levels, entries of eight bytes */
	bool highpte;      /* page tables from high memory, if the kernel can */
	s32 page_cluster;  /* log2 of the swap readahead; -1: by the kernel's own rule */
	u32 swappiness;    /* vm.swappiness and 1; 0: the kernel's own, 60. From 2.6 on */
	u32 errata;        /* bit mask of the row's errata */
	const struct swapoff_ops *swapoff; /* how it empties an area; NULL: quadratic */
	u32 swapoff_errata; /* bit mask of the errata of that */
	bool events;       /* number and emit events */
	bool truth;        /* remember every stored word and compare every load */
	bool check_every_event; /* check() after each event: machines of <= 64 frames */
	bool unchecked;    /* no check after each operation: a test breaks things on purpose */
	u32 stress;        /* 0, or: preempt at one of this many scheduling points, on average;
			    * without effect on one cpu, whose kernel is never preempted */
};

enum report_kind {
	REPORT_NONE, REPORT_BUG, REPORT_PANIC, REPORT_DEADLOCK, REPORT_LOCK, REPORT_STACK,
	REPORT_INVARIANT, REPORT_CONTENT, REPORT_MEMORY, REPORT_USE_AFTER_FREE, REPORT_LIVELOCK
};

/* Why a machine broke. Text is rendered by machine_report() on the host side. */
struct report {
	u8 kind;           /* enum report_kind */
	u16 pid;           /* the thread that found it */
	u16 site;
	u64 event;         /* number of the last event */
	const char *text;  /* a string constant */
	u64 a[4];          /* operands for the text, by kind */
	char detail[400];  /* longer text, filled by check() and the truth on the host's stack */
};

/* Calls out of the machine; host side, not part of the state. */
struct machine_hooks {
	/* After each event, on the stack of whoever emitted it. May switch away and come back. */
	void (*event)(struct machine *m, const struct event *ev, void *arg);
	void *arg;
};

/* What sim needs of the layers above it; set once at boot, NULL in a bare machine. */
struct machine_ops {
	/* next == current was just given its cpu: load its page tables. On its own stack. */
	void (*switch_to)(struct task_struct *next);
	/* Write an operand as {n:as} wants it ("pte", "slot", "file", "zone", "op"), as snprintf
	 * does; -1: unknown. Host side only. */
	int (*render)(const struct machine *m, const char *as, u64 id, char *buf, size_t n);
	/* config.check_every_event: look at the machine after an event, set a report if it is
	 * broken. Runs on the stack of sched_run's caller. */
	void (*check)(struct machine *m);
};

struct machine {
	struct region *region;
	const struct machine_ops *ops;
	struct machine_config config;
	u64 now;                   /* virtual ns */
	u64 events;                /* number of the last event */
	u64 rng[4];                /* xoshiro256** */
	u32 nr_frames;             /* max_mapnr */
	bool pae;                  /* config.pae: entries of eight bytes, three levels */
	bool highpte;              /* config.highpte: page tables may lie in high memory */
	char *ram;                 /* machine_ram(m, 0) */
	struct page *mem_map;      /* the kernel's, which is nearer here: one for each frame */
	bool smp;                  /* cpus > 1 */
	bool events_on;            /* set by machine_events() */
	bool booted;
	u32 stress;
	u64 *frame_tag;            /* content tag of each frame, see content.h */
	u64 *frame_words;          /* bit: the frame's bytes hold stored words */
	u64 next_stamp;            /* source of content tags */
	struct cpu *cpus[MAX_CPUS]; /* made by engine/boot.c; NULL in a bare machine */
	u32 nr_disks;              /* none from here on */
	struct disk *disks[MAX_DISKS]; /* 0: files, 1 + n: swap area n */
	struct truth *truth;       /* NULL when off */
	u64 own_losses;            /* CONTENT_* marks: what this kernel is known to lose */
	struct vm_state *vm;       /* the kernel's global variables, see mm/vm.h */
	struct op_call *op_calls;  /* operations that were posted and not yet collected, see op.c */
	struct list_head tasks;    /* every thread, in order of creation */
	struct task_struct **by_pid;  /* index pid */
	char (*names)[TASK_COMM_LEN]; /* index pid, also of the dead */
	u32 nr_pids, max_pids;
	struct task_struct *boot;  /* pid 0: runs nothing, stands for code outside any thread */
	struct co sched_co;        /* where sched_run waits while a thread runs */
	struct co pause_co;        /* where the hook left off, when it switched away */
	u64 run_clock;             /* source of runnable_since */
	struct sched_state *sched; /* private to sched.c */
	struct rcu_state rcu;      /* see rcu.h */
	struct counters counters;
	struct report report;      /* kind REPORT_NONE while all is well */
	u8 lock_rank[32];          /* by enum lock_class: which is outside which */
	struct machine_hooks *hooks; /* host memory, set again after each restore; may be NULL */
	bool silent;               /* re-execution: hooks still run, sinks do not */
};

/*
 * Build and boot a machine. NULL: the host has no memory, or the configuration is impossible:
 * then *why is a sentence. The caller owns the machine; hooks start as NULL.
 */
struct machine *machine_create(const struct machine_config *config, const char **why);
/* The same in a region that exists already (a session re-executing machine{}). */
struct machine *machine_create_in(struct region *r, const struct machine_config *config,
				  const char **why);
/*
 * For tests of sim alone: everything but the processors and the kernel. The boot thread is there,
 * cpus[] and vm are not. machine_init is the same inside a region.
 */
struct machine *machine_create_bare(const struct machine_config *config, const char **why);
struct machine *machine_init(struct region *r, const struct machine_config *config,
			     const char **why);
/* NULL, or what is wrong with the configuration: a sentence. */
const char *machine_config_error(const struct machine_config *config);
/* The machine that lives in a region: its first heap block. */
struct machine *machine_in(const struct region *r);
/* Bytes of heap and number of frames a region needs for this configuration. */
void machine_region_size(const struct machine_config *config, u64 *heap, u32 *frames);
void machine_destroy(struct machine *m);

static inline void *machine_ram(const struct machine *m, u32 pfn)
{
	return m->ram + ((u64)pfn << PAGE_SHIFT);
}

/*
 * Two flavours. What is done for every pte of a fork or an exit is compiled twice from the same
 * source: as it stands, and with QUIET defined, for a machine with one cpu and plain page
 * tables on which nobody watches. There no event is emitted, no lock is taken and nobody else runs
 * in the middle, so that the tests for all that are constants. Which flavour is to run is asked
 * before a stretch that cannot sleep; until its end nobody can begin to watch. Time, counters and
 * the call stack are kept in both, and whatever is plain work is done in one go, see
 * mm/ptes_quiet.h.
 */
#ifdef QUIET
#define SMP false
#define PAE(m) ((void)(m), false)
#define HIGHPTE(m) ((void)(m), false)
#else
#define PAE(m) unlikely((m)->pae)
#define HIGHPTE(m) unlikely((m)->highpte)
#define SMP unlikely(current->smp)
#endif

/* May anything be seen or happen between two steps of the current thread? Also true for what quiet
 * code is not made for: page tables of eight-byte entries or in high memory, and a call stack that
 * is nearly full. */
static inline bool machine_watched(void)
{
	const struct machine *m = current->machine;

	return m->events_on || m->smp || m->stress || m->pae || m->highpte ||
	       thread_depth(current) > MAX_DEPTH - QUIET_DEPTH;
}

/* Switch the numbering and emitting of events on or off. */
void machine_events(struct machine *m, bool on);

/* The report as text: one line, then details (held locks of each thread for a deadlock). Host
 * side only. Returns the length as snprintf does; 0 when the machine is whole. */
int machine_report(const struct machine *m, char *buf, size_t n);

/* From here on chance is that of another seed, and takes the cpu away so often. */
void machine_reseed(struct machine *m, u64 seed, u32 stress);

/* Uniform 64-bit and bounded random numbers from the machine's seed. bound > 0. */
u64 machine_random(struct machine *m);
u32 machine_random_below(struct machine *m, u32 bound);

#endif
