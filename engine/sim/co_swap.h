/* SPDX-License-Identifier: GPL-2.0-only */
/* The two steps of co.c that depend on the host: co_x86_64.c and .S, or co_ucontext.c. */
#ifndef SIM_CO_SWAP_H
#define SIM_CO_SWAP_H

#include "co.h"

/* Lay out the stack of a new coroutine so that the first co_swap to it calls entry(co). */
void co_first(struct co *co, void (*entry)(void *));
/* Keep the running code's frame in from->sp and go on where to left off. */
void co_swap(struct co *from, struct co *to);

#endif
