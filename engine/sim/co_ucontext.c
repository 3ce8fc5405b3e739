/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The switch where there is no assembly for the host, and with -DCO_UCONTEXT. The context lies in
 * struct co and holds pointers to itself; it is copied with its region and put back where it was,
 * so they stay right.
 */
#include "co_swap.h"

#ifdef CO_USES_UCONTEXT

/* swapcontext works below the frame of its caller; that much of the stack is live at most. */
#define BELOW 512

/* makecontext passes ints only: the pointer comes in two halves. */
static void enter(unsigned entry_high, unsigned entry_low, unsigned co_high, unsigned co_low)
{
	void (*entry)(void *) = (void (*)(void *))(uintptr_t)((u64)entry_high << 32 | entry_low);

	entry((void *)(uintptr_t)((u64)co_high << 32 | co_low));
}

void co_first(struct co *co, void (*entry)(void *))
{
	u64 e = (u64)(uintptr_t)entry, c = (u64)(uintptr_t)co;

	getcontext(&co->uc);
	co->uc.uc_stack.ss_sp = co->stack;
	co->uc.uc_stack.ss_size = co->stack_size;
	co->uc.uc_link = NULL;
	makecontext(&co->uc, (void (*)(void))enter, 4, (unsigned)(e >> 32), (unsigned)e,
		    (unsigned)(c >> 32), (unsigned)c);
	co->sp = (char *)co->stack + co->stack_size - BELOW;
}

void co_swap(struct co *from, struct co *to)
{
	from->sp = (char *)__builtin_frame_address(0) - BELOW;
	swapcontext(&from->uc, &to->uc);
}

#else
typedef int co_ucontext_is_not_used;
#endif
