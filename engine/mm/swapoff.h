/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking a swap area out of use: mm/swapoff.c, and a file for each way to empty it. */
#ifndef MM_SWAPOFF_H
#define MM_SWAPOFF_H

#include "sim/types.h"

struct mm_struct;

/*
 * Stop using area type: nothing more goes there, what is there comes back into memory, and the area
 * is gone. 0; -EINVAL: no such area is in use; -ENOMEM: what is there would not fit, and from 2.6.0
 * on nothing was tried; before, and when memory runs out all the same, a part of it has come back
 * and the area is in use again; so it is after -EINTR (a signal, from 2.6.0 on) and -EBUSY (some
 * page always went out again). Sleeps; no lock is held.
 * Source: 2.5.26, 2.6.0, 2.6.8, 2.6.16, 4.0 mm/swapfile.c sys_swapoff.
 */
int sys_swapoff(u32 type);

/*
 * What the review of seed 003 found wrong in the linear swapoff, in the order of
 * swapoff_linear_errata. linear-v7 has all of it, linear what is switched on. The last three are in
 * mm/shmem.c and mm/shmem_2015.c.
 */
enum swapoff_erratum {
	DIRTY_PAGE_DROPPED,  /* an orphan leaves the swap cache even if it is none */
	SWCOUNT_READ_EARLY,  /* who has the slot is asked before its page is read, not after */
	I_LESS_THAN_OLDI,    /* one slot that is left is not seen to have come round */
	CONTINUE_KEEPS_OLDI, /* nor are slots without a page */
	MAX_RETRIES,         /* three passes, then -EBUSY */
	UNLOCK_NOT_HELD,     /* of a page that cannot be brought in: the list's mutex is not held */
	DEREF_RETRY_MISSING, /* 4.0: a place of a tree that there is no more is taken for empty */
	GOTO_REMOVED,        /* 4.0: a page that could not be read is taken for one that was */
};
/* Does the way that was chosen have it? */
bool swapoff_mistake(enum swapoff_erratum n);

/* Where the swapoff of an area is, for whoever watches. What is left to do is in the swap map. */
struct swapoff_progress {
	u16 pid;      /* of the thread that runs it; 0: none does, and the rest says nothing */
	u16 mm;       /* pid of the address space it searches; 0: none just now */
	u32 begun;    /* slots in use when it began */
	u32 least;    /* and the fewest since */
	u32 pass;     /* how often it went over everybody, from 1 */
	u32 slot;     /* it looks for whoever uses this one; 0: for whatever is in the area */
	u32 address;  /* the last pte it has put back; 0: none yet */
};

#endif
