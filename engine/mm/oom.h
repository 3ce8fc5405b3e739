/* SPDX-License-Identifier: GPL-2.0-only */
/* Out of memory: when that is so, who dies of it. What changed from version to version. */
#ifndef MM_OOM_H
#define MM_OOM_H

#include "sim/types.h"

struct task_struct;

/* A process that was killed has not gone yet: */
enum oom_dying {
	OOM_KILLS_AGAIN, /* it is as good a choice as before: 2.4, 2.5 */
	OOM_PASSES_OVER, /* it is none any more, the next is chosen: 2.6.0 to 2.6.9 */
	OOM_WAITS,       /* nobody is killed: 2.6.11 */
};

#define OOM_DISABLE (-17)          /* oomkilladj: never */
#define OOM_SCORE_ADJ_MIN (-1000)  /* the same in 4.0 */

struct oom_rules {
	const char *name;
	/* How bad is it that p lives? 0: it has no memory, or is not to be killed. */
	u32 (*badness)(const struct task_struct *p);
	u32 (*int_sqrt)(u32 x);
	/* p is the worst. Who dies: p, or one of its children. NULL: nobody can */
	struct task_struct *(*victim)(struct task_struct *p);
	u8 dying;                  /* enum oom_dying */
	bool swap_helps;           /* while a slot is free nobody dies: up to 2.6.7 */
	bool patient;              /* one failure is none: up to 2.6.10 */
	bool first_only_grows;     /* of two failures at once the later one counts: 2.6.0 */
	bool in_seconds;           /* age: 1024 s are one; before 2.6.9 2^20 ticks */
	bool swapoff_first;        /* who runs swapoff: 2.6.0 */
	bool half_of_children;     /* count against p: 2.6.16 */
	bool flag_memalloc;        /* PF_MEMALLOC for who dies: up to 2.6.9 */
	bool only_one_reserves;    /* others with the same mm get SIGKILL and no more: 4.0 */
	bool dying_help_themselves;/* who was killed and asks gets what there is: 4.0 */
	u32 nap;                   /* virtual ns that who asked waits then; 0: he yields */
	s32 adj_min, adj_max;      /* of oomkilladj; both 0: there is no such thing */
};
/* 2.5.26; 2.6.0; 2.6.5; 2.6.8; 2.6.9; 2.6.16; 4.0 */
extern const struct oom_rules oom_2002, oom_2003, oom_2004a, oom_2004b, oom_2004c, oom_2006,
	oom_2015;

/* What this kernel holds against p now; 0 for the kernel's own threads. Changes nothing; p need not
 * be current. */
u32 task_badness(const struct task_struct *p);
/* mm/oom_kill.c. An allocation failed after everything was tried. May kill; sleeps. */
void out_of_memory(void);

#endif
