/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coroutines: what is the same for both ways to switch. co_first and co_swap are in
 * co_x86_64.S (with the frame of a new coroutine below) or in co_ucontext.c.
 *
 * With AddressSanitizer every switch is announced, so that it knows the stack it is on: before,
 * with the bounds of the stack to come; after, when it tells the bounds of the stack we came
 * from. That is how the bounds of the host's own stack are learnt.
 */
#include "co_swap.h"

#if defined(__SANITIZE_ADDRESS__)
#define CO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CO_ASAN 1
#endif
#endif

#ifdef CO_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

static void leave(struct co *from, struct co *to)
{
	to->from = from;
	__sanitizer_start_switch_fiber(&from->fake_stack, to->stack ? to->stack : to->seen_stack,
				       to->stack ? to->stack_size : to->seen_size);
}

static void arrive(struct co *self)
{
	size_t size;

	__sanitizer_finish_switch_fiber(self->fake_stack, &self->from->seen_stack, &size);
	self->from->seen_size = size;
}
/* Who had this memory for a stack before may have stopped for good in the middle of a function. */
static void fresh(void *stack, u64 size)
{
	__asan_unpoison_memory_region(stack, size);
}
#else
#define leave(from, to) ((void)0)
#define arrive(self) ((void)0)
#define fresh(stack, size) ((void)0)
#endif

static void co_main(void *self)
{
	struct co *co = self;

	arrive(co);
	co->fn(co->arg);
	__builtin_trap();
}

void co_init(struct co *co, void *stack, u64 size, void (*fn)(void *), void *arg)
{
	*co = (struct co){ .stack = stack, .stack_size = size, .fn = fn, .arg = arg };
	fresh(stack, size);
	co_first(co, co_main);
}

void co_switch(struct co *from, struct co *to)
{
	leave(from, to);
	co_swap(from, to);
	arrive(from);
}
