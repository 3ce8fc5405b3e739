/* SPDX-License-Identifier: GPL-2.0-only */
/* The first frame of a coroutine, as co_x86_64.S pops it. */
#include "co_swap.h"

#ifndef CO_USES_UCONTEXT

_Static_assert(offsetof(struct co, sp) == 0, "the assembly finds sp there");

void co_begin(void); /* in co_x86_64.S */

struct first_frame {
	u64 r15, r14, r13, r12, rbx, rbp, go_on;
	u64 end; /* where a return address would be: the end of the stack for debuggers */
};

void co_first(struct co *co, void (*entry)(void *))
{
	uintptr_t top = ((uintptr_t)co->stack + co->stack_size) & ~(uintptr_t)15;
	struct first_frame *frame = (struct first_frame *)(top - sizeof(*frame));

	*frame = (struct first_frame){
		.rbx = (u64)(uintptr_t)entry,
		.r12 = (u64)(uintptr_t)co,
		.go_on = (u64)(uintptr_t)co_begin,
	};
	co->sp = frame;
}

#else
typedef int co_x86_64_is_not_used;
#endif
