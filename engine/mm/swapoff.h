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
 * The erratum unlock-not-held is switched on, or the way is linear-v7, which has it: when a page
 * cannot be brought in, shmem_unuse leaves its loop without the mutex of the list, and lets go of
 * that all the same.
 */
#define SWAPOFF_UNLOCK_NOT_HELD 5
bool shmem_unlocks_too_often(void);

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
