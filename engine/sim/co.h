/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coroutines: about 25 lines of x86-64 assembly (co_x86_64.S), ucontext elsewhere or with
 * -DCO_UCONTEXT. A struct co and its stack may live in a region and be copied with it: between
 * two switches everything the coroutine is lies on its stack and in this struct.
 */
#ifndef SIM_CO_H
#define SIM_CO_H

#include "types.h"
#if defined(CO_UCONTEXT) || !defined(__x86_64__)
#define CO_USES_UCONTEXT 1
#include <ucontext.h>
#endif

struct co {
	void *sp;          /* where the suspended coroutine's frame begins (lowest live byte) */
	void *stack;       /* lowest byte of its stack; NULL for the host's own stack */
	u64 stack_size;
	void (*fn)(void *);
	void *arg;
	void *fake_stack;  /* AddressSanitizer's: its handle, who switched to us, where we are */
	struct co *from;
	const void *seen_stack;
	u64 seen_size;
#ifdef CO_USES_UCONTEXT
	ucontext_t uc;
#endif
};

/* Prepare a coroutine that will call fn(arg) when first switched to. fn must never return. */
void co_init(struct co *co, void *stack, u64 size, void (*fn)(void *), void *arg);

/* Suspend the running code into from and continue to. Returns when somebody switches back. */
void co_switch(struct co *from, struct co *to);

#endif
