/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The swap token. When everybody pages, nobody gets on: each takes from the others what it brings
 * in. So one address space at a time has a token, and reclaim counts each of its pages as used once
 * more: it may keep what it needs, and gets through.
 *
 *	major fault of the holder            it still needs it:  recent_pagein
 *	major fault of somebody else         every 2 s at most it is asked whether the holder
 *	    has not faulted since            ... has enough, then it is eligible again at once
 *	    has had it for 300 s             ... has had its turn, and waits for 300 s
 *
 * When the holder is nearly all there is, reclaim finds nobody else to take from, and in the end
 * somebody was killed with swap half empty. From 2.6.15 on reclaim takes the token away before its
 * last resort, priority 0, and the one who had it has to wait for 2 s.
 *
 * Source: 2.6.9 mm/thrash.c (Rik van Riel); disable_swap_token: 2.6.18. has_swap_token is asked by
 * page_referenced_one.
 */
#include "kernels.h"
#include "mm/vm.h"

#define SECOND 1000000000ull
#define SWAP_TOKEN_CHECK_INTERVAL (2 * SECOND)
#define SWAP_TOKEN_TIMEOUT (300 * SECOND)

enum reason { KEEPS_IT, SWAP_TOKEN_ENOUGH_RSS, SWAP_TOKEN_TIMED_OUT };

bool has_swap_token(const struct mm_struct *mm)
{
	return VM->kernel->swap_token && mm && VM->swap_token.mm == mm;
}

/* mm: the holder, NULL: init_mm, which never pages. swap_token_lock held. */
static enum reason should_release_swap_token(struct mm_struct *mm)
{
	FN;
	bool recent = mm && mm->recent_pagein;

	if (mm)
		mm->recent_pagein = false;
	if (!recent)
		return SWAP_TOKEN_ENOUGH_RSS;
	return current->machine->now > VM->swap_token.timeout ? SWAP_TOKEN_TIMED_OUT : KEEPS_IT;
}

/* The holder gives way to current. swap_token_lock held. */
static void pass_swap_token(struct mm_struct *holder, enum reason reason)
{
	u64 now = current->machine->now;

	if (holder)
		holder->swap_token_time = reason == SWAP_TOKEN_TIMED_OUT ?
					  now + SWAP_TOKEN_TIMEOUT : now;
	VM->swap_token.timeout = now + SWAP_TOKEN_TIMEOUT;
	VM->swap_token.mm = current->mm;
	EV(SWAP_TOKEN, current->mm->pid, holder ? holder->pid : 0,
	   reason == SWAP_TOKEN_TIMED_OUT);
}

void grab_swap_token(void)
{
	u64 now = current->machine->now;
	enum reason reason;

	if (!VM->kernel->swap_token)
		return;
	FN;
	if (has_swap_token(current->mm)) {
		current->mm->recent_pagein = true;
		return;
	}
	if (now <= VM->swap_token.check || now < current->mm->swap_token_time)
		return;
	if (!spin_trylock(&VM->swap_token.lock))
		return;
	VM->swap_token.check = now + SWAP_TOKEN_CHECK_INTERVAL;
	reason = should_release_swap_token(VM->swap_token.mm);
	if (reason != KEEPS_IT)
		pass_swap_token(VM->swap_token.mm, reason);
	spin_unlock(&VM->swap_token.lock);
}

/* Whoever has it, and is paging, shall not have it again at once. */
void disable_swap_token(void)
{
	struct mm_struct *holder = VM->swap_token.mm;

	if (!has_swap_token(holder))
		return;
	FN;
	holder->swap_token_time = current->machine->now + SWAP_TOKEN_CHECK_INTERVAL;
	put_swap_token(holder);
}

/* The kernel asks its caller to see that it is mm that has the token; here it is asked again under
 * the lock. */
void put_swap_token(struct mm_struct *mm)
{
	if (!has_swap_token(mm))
		return;
	FN;
	spin_lock(&VM->swap_token.lock);
	if (VM->swap_token.mm == mm) {
		VM->swap_token.mm = NULL;
		VM->swap_token.check = current->machine->now;
		EV(SWAP_TOKEN, 0, mm->pid, 0);
	}
	spin_unlock(&VM->swap_token.lock);
}
